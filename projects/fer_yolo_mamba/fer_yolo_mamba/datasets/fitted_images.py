"""Pictures as small as Mosaic and MixUp need them, decoded once for all epochs.

A training picture of YOLOX's is made of five photographs, which are decoded
and shrunk every time. Both follow from the file alone, so `FittedImages` keeps
the result: all pictures of a set in one file that is mapped to memory, which
the workers of a data loader, and other trainings on the machine, share.
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import mmcv
import numpy as np
from filelock import FileLock
from mmengine.logging import print_log

from ..errors import InputError
from ..files import remove_left_over, staged
from .voc_image_reader import decode_set_image

# What a disk keeps free for the run itself, in bytes.
_RESERVE = 10**9
_AT_ONCE = 64  # pictures
# By what the pixels follow from the files, beside the scale.
_RULE = f'OpenCV {cv2.__version__}, BGR, bilinear, 1'


def fit_ratio(
    width: int, height: int, scale: tuple[int, int]
) -> tuple[float, tuple[int, int]]:
    """How mmyolo's Mosaic and YOLOXMixUp shrink a picture before all else.

    They would do it again to what comes of it. Where that would not leave it
    as it is (rounding makes 319 pixels of 320 for some sizes), and where a
    picture is small already, it stays whole and they do it themselves.

    >>> fit_ratio(640, 480, (320, 320))
    (0.5, (320, 240))

    Args:
        width, height: Of the picture in pixels.
        scale: (width, height) of the pictures that are mixed.

    Returns:
        The ratio, and (width, height) in pixels that the picture then has.
    """
    ratio = min(scale[1] / height, scale[0] / width)
    size = int(width * ratio), int(height * ratio)
    is_smaller = ratio < 1 and min(size) > 0
    if is_smaller and min(scale[1] / size[1], scale[0] / size[0]) == 1:
        return ratio, size
    return 1.0, (width, height)


def fitted_image(
    path: str | os.PathLike, scale: tuple[int, int]
) -> tuple[np.ndarray, tuple[int, int]]:
    """Decodes and fits a picture of a set.

    Returns:
        (h, w, 3) uint8, BGR, and the (width, height) that the file has.

    Raises:
        InputError: See `decode_set_image`.
    """
    image = decode_set_image(path)
    whole = image.shape[1::-1]
    _, size = fit_ratio(*whole, scale)
    return image if size == whole else mmcv.imresize(image, size), whole


class FittedImages:
    """All pictures of a set, fitted, in one file.

    The file is made when it is not there, or when a picture was changed, came
    or went since: by one process, while others wait; aside, and renamed when
    it is whole. Its last bytes say of what pictures it was made.

    Args:
        path: The file.
        images: Path, width and height of each picture, as its file has them.
        scale: See `fit_ratio`.

    Raises:
        InputError: A picture is missing or damaged.
        OSError: The file cannot be made; what the disk lacks is said.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        images: Sequence[tuple[str, int, int]],
        scale: tuple[int, int],
    ) -> None:
        self.path, self.scale = Path(path), tuple(scale)
        self._places, self._length = {}, 0
        made_of = [_RULE, self.scale]
        for name, width, height in dict.fromkeys(images):
            _, (w, h) = fit_ratio(width, height, self.scale)
            self._places[name] = self._length, (h, w, 3)
            self._length += h * w * 3
            status = os.stat(name)
            below = os.path.relpath(name, self.path.parent)
            size = width, height, status.st_size
            made_of.append((below, *size, status.st_mtime_ns))
        self._key = hashlib.sha256(ascii(made_of).encode()).digest()
        self._pixels = self._mapped()
        if self._pixels is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_name('lock')):
                self._pixels = self._mapped()
                if self._pixels is None:
                    self._make()
                    self._pixels = self._mapped()

    def read(self, path: str) -> np.ndarray | None:
        """A picture, (h, w, 3) uint8, BGR, read-only; None: a strange one."""
        place = self._places.get(path)
        if place is None or self._pixels is None:
            return None
        offset, shape = place
        return np.ndarray(shape, np.uint8, self._pixels, offset)

    def __getstate__(self) -> dict:
        """For a worker that is started anew, and maps the file itself."""
        return {**vars(self), '_pixels': None}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state)
        self._pixels = self._mapped()

    def _mapped(self) -> np.ndarray | None:
        """The file's bytes; None where it is not there or of other pictures."""
        try:
            content = np.memmap(self.path, np.uint8, 'r')
        except (OSError, ValueError):  # missing, or empty
            return None
        ours = self._length + len(self._key)
        if len(content) != ours or bytes(content[self._length :]) != self._key:
            return None
        return content

    def _make(self) -> None:
        # Whoever else was at work in this folder has been killed.
        remove_left_over(self.path.parent, idle=0)
        free = shutil.disk_usage(self.path.parent).free
        if self._length + _RESERVE > free:
            raise OSError(
                f'it takes {self._length / 1e9:.1f} GB, of which '
                f'{max(free - _RESERVE, 0) / 1e9:.1f} GB are free'
            )
        names = list(self._places)
        print_log(
            f'{self.path}: decodes {len(names)} pictures once for all epochs, '
            f'{self._length / 1e9:.1f} GB',
            logger='current',
        )
        with (
            staged(self.path) as temporary,
            open(temporary, 'xb') as file,
            ThreadPoolExecutor(os.cpu_count()) as pool,
        ):
            for start in range(0, len(names), _AT_ONCE):
                some = names[start : start + _AT_ONCE]
                file.writelines(pool.map(self._fitted_bytes, some))
            file.write(self._key)
            file.flush()
            os.fsync(file.fileno())

    def _fitted_bytes(self, name: str) -> np.ndarray:
        image, (width, height) = fitted_image(name, self.scale)
        _, shape = self._places[name]
        if image.shape != shape:
            raise InputError(
                f'{name} has {width}x{height} pixels, other than its header or '
                'annotation says: write the file again, or take its id out of '
                'the split'
            )
        return np.ascontiguousarray(image)
