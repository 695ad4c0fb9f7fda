"""Frames of what moves: animated pictures, pages, films and cameras.

As :mod:`.images`, it decodes what people bring, one frame at a time.
"""

import io
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from time import monotonic

import cv2
import numpy as np
from PIL import Image, ImageOps

from ..errors import InputError
from .images import decode_bytes, max_pixels, read_image, refusal, to_bgr

#: Suffixes of films, in lower case.
VIDEO_SUFFIXES = (
    *('.3gp', '.avi', '.flv', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg'),
    *('.mpg', '.mts', '.ogv', '.ts', '.webm', '.wmv'),
)

# Formats whose files can hold several pictures that belong together.
_SEVERAL = ('AVIF', 'GIF', 'PNG', 'TIFF', 'WEBP')
# A container's count of frames is a guess: so many may be missing.
_SHARE_MISSING = 0.1
# A rate from here on is that of a clock, of which the count is made, too.
_TICKS_A_SECOND = 1000
# Seconds between frames that do not say when they were, and the first two.
_STEP = 1 / 25


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source.

    Attributes:
        image: (H, W, 3) uint8, BGR, upright.
        source: File or camera; None for what came from memory.
        index: Of the frame or page, from 0; None for a single picture.
        time: Seconds from the beginning; None where there is no time.
    """

    image: np.ndarray
    source: str | None = None
    index: int | None = None
    time: float | None = None


class FilmClock:
    """Seconds of a film's frames, each of which is later than those before.

    Films that were put one after the other have a clock that begins anew, and
    from there on goes on. At 0, a frame does not say when it was.

    >>> clock = FilmClock()
    >>> [clock(seconds) for seconds in (0.0, 0.5, 0.25, 0.75)]
    [0.0, 0.5, 1.0, 1.5]
    """

    def __init__(self) -> None:
        self._time: float | None = None
        self._step, self._offset = _STEP, 0.0

    def __call__(self, seconds: float) -> float:
        """The time of the next frame, of which its film says this one."""
        time = seconds + self._offset
        if self._time is not None:
            if seconds == 0 or time <= self._time:
                time = self._time + self._step
                if seconds != 0:
                    self._offset = time - seconds
            else:
                self._step = time - self._time
        self._time = time
        return time


def is_film(path: str | PathLike) -> bool:
    """Whether a file is a film by its name."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES


def picture_frames(path: str | PathLike) -> Iterator[Frame]:
    """Decodes an image file: one frame, or all of an animation or of pages.

    Raises:
        InputError: There is no such file, it is no image, or too large.
    """
    path = fspath(path)
    pages = None if refusal(path) else _several(path)
    if pages is None:
        yield Frame(read_image(path), path)
    else:
        yield from _pages(pages, path)


def encoded_frames(content: bytes) -> Iterator[Frame]:
    """As :func:`picture_frames`, for what an image file holds.

    Raises:
        InputError: It is no image, or too large.
    """
    pages = _several(io.BytesIO(content))
    if pages is not None:
        yield from _pages(pages, None)
        return
    image = decode_bytes(content)
    if image is None:
        raise InputError(
            f'{len(content)} bytes are no image, or a damaged or too large '
            'one: give those of a JPEG or PNG file.'
        )
    yield Frame(image)


def from_pillow(image: Image.Image) -> np.ndarray:
    """Makes of a picture of Pillow what `read_image` returns.

    Any mode whose white is known; opacity is dropped, EXIF's orientation is
    followed.

    Returns:
        (H, W, 3) uint8, BGR.

    Raises:
        InputError: Its pixels are large integers or floats, or it claims too
            many.
    """
    if image.width * image.height > max_pixels():
        raise InputError(
            f'a picture claims {image.width} x {image.height} pixels and at '
            f'most {max_pixels()} are decoded: make it smaller.'
        )
    try:
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith('I;16'):
            pixels = (np.asarray(image) >> 8).astype(np.uint8)
        elif image.mode in ('I', 'F'):
            pixels = np.asarray(image)
        else:
            pixels = cv2.cvtColor(
                np.asarray(image.convert('RGB')), cv2.COLOR_RGB2BGR
            )
    except Exception as error:  # in one of many ways, bombs among them
        raise InputError(
            f'a picture cannot be decoded ({error}): it is damaged; convert '
            'it to JPEG or PNG.'
        ) from error
    return to_bgr(pixels)


def video_frames(path: str | PathLike, every: int = 1) -> Iterator[Frame]:
    """Decodes a film.

    One that ends before its length is read as far as it goes, with a warning.

    Args:
        path: The file.
        every: Takes each frame whose number is a multiple of this.

    Raises:
        InputError: There is no such file, no film in it, or its name is no
            text.
    """
    path = fspath(path)
    if not os.path.isfile(path):
        raise InputError(f'film {path} does not exist: name a video file.')
    if not os.access(path, os.R_OK):
        raise InputError(f'film {path} cannot be read (Permission denied).')
    capture = _opened(path)
    count = 0
    for frame in _captured(
        capture,
        path,
        every,
        lambda: capture.get(cv2.CAP_PROP_POS_MSEC) / 1000,
    ):
        count = frame.index + 1
        yield frame
    if not count:
        raise InputError(
            f'{path} is no film that OpenCV can read, or has no whole frame: '
            'convert it to MP4 (H.264).'
        )
    if fault := shortfall(path, count, every):
        warnings.warn(f'{path} {fault}', stacklevel=2)


def shortfall(path: str | PathLike, count: int, every: int = 1) -> str | None:
    """What is said of a film that ends before its length.

    Args:
        path: The film.
        count: Number of its last frame that could be read, from 1.
        every: See :func:`video_frames`.

    Returns:
        What is wrong with it, to follow its name; None where nothing is, or
        where it does not say how long it is.
    """
    length, _ = video_facts(path)
    if length and count + every < (1 - _SHARE_MISSING) * length:
        return (
            f'ends after frame {count} of {length}: it is damaged or cut '
            'short; copy it again if the rest is needed.'
        )
    return None


def video_facts(path: str | PathLike) -> tuple[int | None, float | None]:
    """Number of frames and frames a second that a film claims to have.

    None where it claims none, or has a name that nothing opens.
    """
    try:
        capture = _opened(fspath(path))
    except InputError:
        return None, None
    length = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    rate = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    if rate >= _TICKS_A_SECOND:
        return None, None
    return int(length) if length >= 1 else None, rate if rate > 0 else None


def camera_frames(number: int, every: int = 1) -> Iterator[Frame]:
    """Frames of a camera until it is unplugged.

    Args:
        number: As OpenCV counts cameras, from 0.
        every: See :func:`video_frames`.

    Raises:
        InputError: There is no such camera, or another program has it.
    """
    if not 0 <= number < 2**31:
        # With -1, any camera, OpenCV ends the process where there is none.
        raise InputError(
            f'there is no camera {number}: name one by its number, from 0.'
        )
    is_empty = True
    capture, begin = cv2.VideoCapture(number), monotonic()
    for frame in _captured(
        # The clock of a camera is what its driver thinks.
        capture,
        f'camera {number}',
        every,
        lambda: monotonic() - begin,
    ):
        is_empty = False
        yield frame
    if is_empty:
        raise InputError(
            f'camera {number} gives no picture: plug one in, close other '
            'programs that use it, or name another number.'
        )


def _pages(pages: Image.Image, source: str | None) -> Iterator[Frame]:
    time = 0.0
    for index in range(pages.n_frames):
        try:
            pages.seek(index)
            image = from_pillow(pages)
        except Exception as error:  # in as many ways
            raise InputError(
                f'frame {index} of {source or "an animation"} cannot be '
                f'decoded ({error}).'
            ) from error
        duration = pages.info.get('duration')
        yield Frame(image, source, index, None if duration is None else time)
        time += (duration or 0) / 1000


def _several(file: str | PathLike | io.BytesIO) -> Image.Image | None:
    """The opened file if it holds several pictures that belong together."""
    try:
        image = Image.open(file, formats=_SEVERAL)
        if getattr(image, 'n_frames', 1) > 1:
            return image
        image.close()
    except Exception:
        pass  # in one of many ways; OpenCV, which loads it, has the last word
    return None


def _opened(path: str) -> cv2.VideoCapture:
    # FFmpeg takes what stands before a colon for a protocol.
    path = os.path.abspath(path)
    try:
        path.encode()
    except UnicodeEncodeError as error:
        # OpenCV would end the process.
        raise InputError(
            f'film {path} has a name that is no text: rename it.'
        ) from error
    return cv2.VideoCapture(path)


def _captured(
    capture: cv2.VideoCapture,
    source: str,
    every: int,
    now: Callable[[], float],
) -> Iterator[Frame]:
    index, clock = 0, FilmClock()
    try:
        while capture.grab():
            seconds = clock(now())
            if index % every == 0:
                is_whole, image = capture.retrieve()
                if not is_whole:
                    return
                yield Frame(to_bgr(image), source, index, seconds)
            index += 1
    finally:
        capture.release()
