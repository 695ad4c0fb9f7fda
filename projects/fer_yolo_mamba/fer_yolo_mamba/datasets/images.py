"""Image files from outside: found by id, measured, decoded, and their faces.

Nothing else in this project decodes what people bring. What claims more pixels
than `max_pixels`, is no file at all, or has a side that would vanish is refused
by its header.
"""

import io
import math
import os
import re
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from ..errors import InputError

#: Suffixes of the formats that OpenCV decodes, in lower case.
IMAGE_SUFFIXES = (
    *('.avif', '.bmp', '.dib', '.jp2', '.jpe', '.jpeg', '.jpg', '.pbm'),
    *('.pgm', '.png', '.pnm', '.ppm', '.tif', '.tiff', '.webp'),
)

#: Takes an image (H, W, 3) uint8, BGR, and returns the faces' boxes as
#: (x1, y1, x2, y2) in pixels: `FaceDetector`, or one of the user's.
DetectFaces = Callable[[np.ndarray], Sequence[Sequence[float]]]

_ORIENTATION = 0x0112  # EXIF tag
# OpenCV's own setting; the package sets it before OpenCV reads it.
_LIMIT = 'OPENCV_IO_MAX_IMAGE_PIXELS'
# As uncompressed as an image can be: three channels of 16 bits.
_BYTES_A_PIXEL = 6
# A picture that claims more pixels, and more for each byte, is a header alone.
_LARGE, _PIXELS_A_BYTE = 20_000_000, 1000
# No pipeline, with an input of 160 pixels or more, loses a side by then.
_MOST_TIMES = 50
# How an array becomes BGR, by the number of its channels.
_TO_BGR = {1: cv2.COLOR_GRAY2BGR, 3: None, 4: cv2.COLOR_BGRA2BGR}


class ImageFolder:
    """A folder of images, listed once and then searched in memory.

    >>> ImageFolder('JPEGImages').find('train_00001')
    PosixPath('JPEGImages/train_00001.JPG')

    Args:
        root: The folder; ids with a slash lead to folders below it.
    """

    def __init__(self, root: str | os.PathLike) -> None:
        self.root = Path(root)
        self._listings: dict[Path, dict[str, list[Path]]] = {}

    def find(self, image_id: str, filename: str = '') -> Path:
        """Finds the image of an id, whatever its suffix and letter case.

        Args:
            image_id: File name without suffix.
            filename: The name that the annotation gives. It decides where
                several files share the id, and serves where none has it;
                otherwise the id does, as annotations of renamed images often
                keep the old name.

        Returns:
            The path of the image.

        Raises:
            InputError: No file, or more than one, comes into question.
        """
        wanted = self.root / image_id
        listing = self._listing(wanted.parent)
        same_stem = listing.get(wanted.name.casefold(), [])
        named = Path(filename.replace('\\', '/')).name
        candidates = (
            [path for path in same_stem if path.name == named]
            or [path for path in same_stem if path.stem == wanted.name]
            or same_stem
            or [
                path
                for path in listing.get(Path(named).stem.casefold(), [])
                if path.name.casefold() == named.casefold()
            ]
        )
        if not candidates:
            raise InputError(
                f'{wanted}: there is no image of this name with a suffix out '
                f'of {" ".join(IMAGE_SUFFIXES)}; add it, or take its '
                'id out of the split'
            )
        if len(candidates) > 1:
            raise InputError(
                f'{wanted}: {", ".join(path.name for path in candidates)} '
                'all have this name; keep one of them, or name it in '
                "<filename> of the image's annotation"
            )
        return candidates[0]

    def _listing(self, folder: Path) -> dict[str, list[Path]]:
        """The images directly in a folder, by stem in lower case."""
        if folder not in self._listings:
            listing = {}
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if path.suffix.lower() in IMAGE_SUFFIXES:
                    listing.setdefault(path.stem.casefold(), []).append(path)
            # Only now that it is whole: other threads may be searching, too.
            self._listings[folder] = listing
        return self._listings[folder]


def read_image(path: str | os.PathLike) -> np.ndarray:
    """As `decode_image`, for a photograph that a person names.

    Raises:
        InputError: There is no such file, or it is no image.
    """
    if not os.path.exists(path) and os.access(Path(path).parent, os.X_OK):
        raise InputError(f'image {path} does not exist: name an image file.')
    if fault := refusal(path):
        raise InputError(f'image {path} {fault}: name another.')
    image = decode_image(path)
    if image is None:
        raise InputError(
            f'image {path} cannot be decoded: it is damaged or no image; '
            'convert it to JPEG or PNG.'
        )
    return image


def decode_image(path: str | os.PathLike) -> np.ndarray | None:
    """Decodes an image as the training pipelines do.

    Returns:
        BGR array (H, W, 3), uint8, turned upright as its EXIF data say, or
        None when the file is missing, damaged or refused (see `refusal`).
    """
    if refusal(path):
        return None
    try:
        return _decoded(Path(path).read_bytes())
    except OSError:
        return None


def decode_bytes(content: bytes) -> np.ndarray | None:
    """As `decode_image`, for what an image file holds."""
    header = _header(io.BytesIO(content))
    if _excess(header, len(content)):
        return None
    return _decoded(content)


def refusal(path: str | os.PathLike) -> str | None:
    """Why a file is not even decoded: its kind, its size or its header.

    Returns:
        What is wrong with the file, to follow its name; None for one that may
        be decoded.
    """
    return _inspect(path)[0]


def max_pixels() -> int:
    """Most pixels of an image that is decoded, 200 million by default.

    `OPENCV_IO_MAX_IMAGE_PIXELS` in the environment, OpenCV's own limit, sets
    another.

    Raises:
        InputError: That is no number.
    """
    text = os.environ[_LIMIT]
    if not text.isdecimal() or int(text) < 1:
        raise InputError(
            f'{_LIMIT} is {text}: give the number of pixels, such as 200000000.'
        )
    return int(text)


def most_bytes() -> int:
    """Most bytes of an image file that is decoded, as `max_pixels` need."""
    return _BYTES_A_PIXEL * max_pixels()


def to_bgr(image: np.ndarray) -> np.ndarray:
    """Makes of an array what `read_image` returns, where its pixels are clear.

    Args:
        image: uint8: grey (H, W) or (H, W, 1), BGR (H, W, 3), or BGRA
            (H, W, 4), whose opacity is dropped.

    Returns:
        (H, W, 3) uint8, BGR; the array itself if it is so already.

    Raises:
        InputError: It is something else: which values stand for black and
            white, or what the channels are, cannot be told.
    """
    if not isinstance(image, np.ndarray):
        raise InputError(
            f'an image is of type {type(image).__name__}: give a path, or an '
            'array (height, width, 3) of uint8 in the order BGR.'
        )
    if image.dtype.kind in 'OSU':
        raise InputError(
            f'an image is an array of {image.dtype}, which are no pixels: '
            'give paths as a list, as array.tolist() is one.'
        )
    if image.dtype != np.uint8:
        raise InputError(
            f'an image is an array of {image.dtype}, whose white is unknown: '
            'scale its values to 0 ... 255 and convert it, as '
            "(255 * image).astype('uint8') where white is 1 or "
            "(image // 257).astype('uint8') where it is 65535."
        )
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in _TO_BGR or not image.size:
        raise InputError(
            f'an image is an array of shape {image.shape}: give one of shape '
            '(height, width, 3) in the order BGR, or (height, width) if it is '
            'grey.'
        )
    if fault := _thinness(*image.shape[1::-1]):
        raise InputError(f'an image {fault}: crop it.')
    conversion = _TO_BGR[channels]
    return image if conversion is None else cv2.cvtColor(image, conversion)


def image_size(path: str | os.PathLike) -> tuple[int, int] | None:
    """Measures an image, from its header alone where that is enough.

    Returns:
        (width, height) in pixels as `decode_image` would give them, or None
        when the file is seen to be unreadable or is refused. Damage behind
        the header may go unseen.
    """
    fault, header = _inspect(path)
    if fault:
        return None
    if header and header.is_upright:
        return header.width, header.height
    pixels = decode_image(path)
    return None if pixels is None else (pixels.shape[1], pixels.shape[0])


class _Header(NamedTuple):
    width: int
    height: int
    is_upright: bool


def _inspect(path: str | os.PathLike) -> tuple[str | None, _Header | None]:
    """What is wrong with a file, and its header where that can be read."""
    try:
        status = os.stat(path)
    except OSError as error:
        return f'cannot be read ({error.strerror})', None
    except ValueError as error:
        return f'has a name that no file has ({error})', None
    if not stat.S_ISREG(status.st_mode):
        return 'is a folder, device, pipe or socket', None
    if status.st_size == 0:
        # Or one of /proc, which claim this and have no end.
        return 'is empty', None
    if not os.access(path, os.R_OK):
        return 'cannot be read (Permission denied)', None
    if status.st_size > most_bytes():
        most = f'{max_pixels()} pixels of {_LIMIT}'
        return f'is larger than the {most} need', None
    header = _header(path)
    return _excess(header, status.st_size), header


def _header(file: str | os.PathLike | io.BytesIO) -> _Header | None:
    """Reads a header; None where only OpenCV might."""
    try:
        with Image.open(file) as image:
            # In a PNG file without EXIF data, getexif would decode it all.
            bare = image.format == 'PNG' and 'exif' not in image.info
            upright = bare or image.getexif().get(_ORIENTATION, 1) == 1
            return _Header(*image.size, upright)
    except Image.DecompressionBombError as error:
        # Pillow's own limit, which is another, hides the shape; a square has
        # as many pixels, and whoever wants the shape has to decode it.
        found = re.search(r'(\d+) pixels', str(error))
        side = math.isqrt(int(found[1]) if found else 2**62)
        return _Header(side, side, False)
    except Exception:
        return None  # in one of many ways; OpenCV has the last word


def _excess(header: _Header | None, num_bytes: int) -> str | None:
    """What is wrong with a size that a header claims, if anything."""
    if header is None:
        return None
    claimed = header.width * header.height
    if claimed > max_pixels():
        return (
            f'claims {claimed} pixels, more than the {max_pixels()} of {_LIMIT}'
        )
    if claimed > _LARGE and claimed > _PIXELS_A_BYTE * num_bytes:
        return f'claims {claimed} pixels and has {num_bytes} bytes'
    return _thinness(header.width, header.height)


def _thinness(width: int, height: int) -> str | None:
    """What is wrong with a shape, if anything."""
    if max(width, height) > _MOST_TIMES * min(width, height):
        return (
            f'is {width}x{height} pixels, and a side that is less than a '
            f'{_MOST_TIMES}th of the other may vanish when it is resized'
        )
    return None


def _decoded(content: bytes) -> np.ndarray | None:
    if _is_damaged_png(content):
        return None
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if image is None or _thinness(*image.shape[1::-1]):
        return None
    return image


def _is_damaged_png(content: bytes) -> bool:
    """Whether it ends early or a checksum is wrong.

    OpenCV's decoder finds that, too, but prints it past all that could keep
    it from a terminal. The checksums take a fiftieth of its time.
    """
    try:
        image = Image.open(io.BytesIO(content), formats=['PNG'])
    except Exception:
        return False  # OpenCV has the last word
    try:
        image.verify()
    except Exception:
        return True  # in one of many ways, such as having no pixels
    return False


class FaceDetector:
    """OpenCV's `FaceDetectorYN` with a model that the user has.

    >>> FaceDetector('face_detection_yunet_2023mar.onnx')(image)
    [(31.4, 20.9, 98.2, 110.6)]

    Args:
        model: ONNX file of YuNet.
        min_score: Least score of a face, from 0 to 1.

    Raises:
        InputError: The score is none, the file is missing, or OpenCV cannot
            load it.
    """

    def __init__(
        self, model: str | os.PathLike, min_score: float = 0.7
    ) -> None:
        if not 0 <= min_score <= 1:
            raise InputError(
                f'min_score is {min_score}: give a number from 0 to 1.'
            )
        remedy = (
            "take a model named face_detection_yunet from OpenCV's model zoo "
            '(github.com/opencv/opencv_zoo)'
        )
        if not Path(model).is_file():
            raise InputError(f'{model}: there is no such file; {remedy}')
        try:
            self._detector = cv2.FaceDetectorYN.create(
                str(model), '', (320, 320), score_threshold=min_score
            )
        except (cv2.error, SystemError) as error:
            raise InputError(
                f'{model}: OpenCV cannot load this face detector '
                f'({" ".join(str(error).split())}); {remedy}'
            ) from None

    def __call__(
        self, image: np.ndarray
    ) -> list[tuple[float, float, float, float]]:
        """Finds the faces of an image (H, W, 3) uint8, BGR.

        For one thread at a time.

        Returns:
            (x1, y1, x2, y2) in pixels, possibly leaving the image; the
            largest face first.
        """
        self._detector.setInputSize(image.shape[1::-1])
        _, faces = self._detector.detect(image)
        # Each row: x, y, width, height, five landmarks, score.
        boxes = [] if faces is None else faces[:, :4].astype(float).tolist()
        boxes.sort(key=lambda box: box[2] * box[3], reverse=True)
        return [(x, y, x + w, y + h) for x, y, w, h in boxes]
