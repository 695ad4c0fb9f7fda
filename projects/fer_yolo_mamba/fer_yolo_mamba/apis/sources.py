"""What a person may hand over, and the frames in it."""

import glob
import os
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from typing import BinaryIO, TypeAlias, TypeVar

import cv2
import numpy as np
from PIL import Image

from ..datasets.frames import (
    VIDEO_SUFFIXES,
    Frame,
    camera_frames,
    encoded_frames,
    from_pillow,
    is_film,
    picture_frames,
    video_frames,
)
from ..datasets.images import IMAGE_SUFFIXES, most_bytes, to_bgr
from ..errors import InputError
from .threads import AbandonablePool

#: A path of an image, film or folder, a glob pattern, what an image file
#: holds, the file itself open for reading, an array, a picture of Pillow, the
#: number of a camera, or a frame.
One: TypeAlias = (
    str | PathLike | bytes | BinaryIO | int | np.ndarray | Image.Image | Frame
)
Source: TypeAlias = One | Iterable[One]
T = TypeVar('T')

#: Of files in folders that a person took for pictures or films.
SUFFIXES = (*IMAGE_SUFFIXES, '.gif', *VIDEO_SUFFIXES)
_KINDS = (
    'give a path, an array (height, width, 3) of uint8, a picture of Pillow, '
    "an image file's bytes, the file open in mode 'rb', the number of a "
    'camera, or a list of these.'
)
_BYTES = bytes, bytearray, memoryview


def open_source(source: Source) -> tuple[Iterable[One], bool]:
    """Finds the files that a source names.

    Args:
        source: See :data:`Source`. Paths may lead to folders, whose pictures
            and films are found at any depth, or be patterns as ``*.jpg``.

    Returns:
        What is to be read, one after the other: files and pictures. And
        whether it is one that the caller named, and not of many.

    Raises:
        InputError: A path leads nowhere, a folder or pattern has no picture,
            or the source is something else.
    """
    if isinstance(source, (str, PathLike)):
        path, paths = fspath(source), find_files(source)
        return paths, paths in ([path], [os.path.expanduser(path)])
    # A file would hand over its lines, and a buffer numbers of cameras.
    if isinstance(
        source, (*_BYTES, int, np.ndarray, Image.Image, Frame)
    ) or hasattr(source, 'read'):
        return [source], True
    # Others' tensors and tables would hand over their rows.
    if not isinstance(source, Iterable) or getattr(source, 'ndim', 1) > 1:
        raise InputError(
            f'a source is of type {type(source).__name__}: {_KINDS}'
        )
    return source, False


def find_files(path: str | PathLike) -> list[str]:
    """The files that a path stands for: itself, a folder's, a pattern's.

    A folder in it that cannot be read stands for itself, as what cannot be
    read later.

    Raises:
        InputError: There are none, or the folder cannot be read.
    """
    path = fspath(path)
    if not os.path.lexists(path):
        # No shell does so in what is quoted, as patterns are.
        path = os.path.expanduser(path)
    if '://' in path:
        raise InputError(
            f'{path} is an address, and nothing is downloaded: save the '
            'picture and name its file.'
        )
    if os.path.isdir(path):
        found = list(walk_folder(path))
        if found == [path]:
            raise InputError(
                f'folder {path} cannot be read: see what it permits, or name '
                'another.'
            )
        if not found:
            raise InputError(
                f'folder {path} has no picture or film (*{" *".join(SUFFIXES)}'
                '): name another.'
            )
        return found
    if glob.has_magic(path) and not os.path.lexists(path):
        found = [
            file
            for match in sorted(glob.glob(path, recursive=True))
            for file in (
                walk_folder(match) if os.path.isdir(match) else [match]
            )
        ]
        if not found:
            raise InputError(
                f'no file matches {path}: name another pattern, or a folder.'
            )
        return list(dict.fromkeys(found))
    return [path]


def frames_of(
    item: One | InputError, channels: str = 'BGR', every: int = 1
) -> Iterator[Frame | InputError]:
    """Decodes what `open_source` found.

    Args:
        item: A file, a picture or a camera; a folder's or pattern's files in
            turn; an error, which is handed on.
        channels: Order of an array's channels, ``BGR`` or ``RGB``.
        every: Of films and cameras, each frame whose number is a multiple.

    Yields:
        Frames, and why it, or one of its files, cannot be read (further).
    """
    is_path = isinstance(item, (str, PathLike))
    try:
        files = find_files(item) if is_path else [item]
    except InputError as error:
        files = [error]
    for one in files:
        try:
            yield from _decoded(one, channels, every)
        except InputError as error:
            yield error


def _decoded(
    one: One | InputError, channels: str, every: int
) -> Iterator[Frame]:
    if isinstance(one, InputError):
        raise one
    if isinstance(one, str):
        if is_film(one):
            yield from video_frames(one, every)
        else:
            yield from picture_frames(one)
    elif isinstance(one, _BYTES):
        yield from encoded_frames(bytes(one))
    elif hasattr(one, 'read'):
        yield from encoded_frames(_read(one))
    elif isinstance(one, Image.Image):
        yield Frame(from_pillow(one))
    elif isinstance(one, Frame):
        yield one
    elif isinstance(one, int) and not isinstance(one, bool):
        yield from camera_frames(one, every)
    elif isinstance(one, np.ndarray):
        image = to_bgr(one)
        if channels == 'RGB' and one.ndim == 3 and one.shape[2] > 1:
            image = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        yield Frame(image)
    else:
        raise InputError(f'an image is of type {type(one).__name__}: {_KINDS}')


def _read(file: BinaryIO) -> bytes:
    """What is left of an open file: one more byte than may be decoded.

    Raises:
        InputError: It cannot be read, is at its end, or holds text.
    """
    name = f'file {getattr(file, "name", file)}'
    try:
        content = file.read(most_bytes() + 1)
    except (OSError, ValueError) as error:
        raise InputError(f'{name} cannot be read ({error}).') from error
    if not isinstance(content, bytes):
        raise InputError(f"{name} gives no bytes: open it in mode 'rb'.")
    if not content:
        raise InputError(
            f'{name} is empty or at its end: give it an image, or seek(0) '
            'where it was read before.'
        )
    return content


def batches_ahead(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Batches of items, of which one thread makes the next ahead of time.

    So photographs are decoded while the network looks at those before.
    """

    def next_batch() -> list[T]:
        return list(islice(items, size))

    with AbandonablePool(1, 'decoding') as thread:
        coming = thread.submit(next_batch)
        while batch := coming.result():
            coming = thread.submit(next_batch)
            yield batch


def walk_folder(
    folder: str, suffixes: Collection[str] = SUFFIXES
) -> Iterator[str]:
    """Pictures and films at any depth, sorted; hidden ones are left out.

    Among them are folders that cannot be read: nobody may think that all was
    looked at.
    """
    unreadable: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(x for x in folders if not x.startswith('.'))
        for name in sorted(files):
            if (
                not name.startswith('.')
                and Path(name).suffix.lower() in suffixes
            ):
                yield os.path.join(parent, name)
    for error in unreadable:
        yield error.filename
