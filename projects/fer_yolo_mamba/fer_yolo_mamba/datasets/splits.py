"""The folders of a set in VOC layout, and the lists of images in its splits."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..errors import InputError
from ..files import write_atomically

#: Folders of a set's images and of their annotations.
IMAGES, ANNOTATIONS = 'JPEGImages', 'Annotations'


def split_path(root: str | os.PathLike, split: str) -> Path:
    """Where a set in VOC layout lists the images of a split."""
    return Path(root) / 'ImageSets' / 'Main' / f'{split}.txt'


def read_split(path: str | os.PathLike) -> list[str]:
    """Reads a split file such as `ImageSets/Main/train.txt`.

    Args:
        path: A UTF-8 text file with one image id a line: the name of the
            image below its folder, without suffix. Blank lines are passed
            over.

    Returns:
        The ids in the order of the file.

    Raises:
        InputError: The file is missing, unreadable or empty, or names an
            image twice.
    """
    ids = read_split_lines(path)
    repeated = [name for name, count in Counter(ids).items() if count > 1]
    if repeated:
        raise InputError(
            f'{path}: {len(repeated)} image id(s) appear more than once, '
            f'first {repeated[0]!r}; keep one line each'
        )
    return ids


def read_split_lines(path: str | os.PathLike) -> list[str]:
    """As `read_split`, but an id may appear more than once."""
    try:
        # utf-8-sig also reads what editors on Windows write.
        lines = Path(path).read_text(encoding='utf-8-sig').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f'{path}: cannot read this split file '
            f'({getattr(error, "strerror", None) or error}); data/README.md '
            'explains where each data set goes'
        ) from None
    ids = [line.strip() for line in lines if line.strip()]
    if not ids:
        raise InputError(
            f'{path}: the split is empty; write one image id a line'
        )
    return ids


def write_split(path: str | os.PathLike, ids: Iterable[str]) -> None:
    """Writes a split file, whole or not at all, in the order of the ids.

    Raises:
        OSError: The file cannot be written; nothing is left behind.
    """
    write_atomically(path, split_text(ids))


def split_text(ids: Iterable[str]) -> str:
    """What `write_split` writes."""
    return ''.join(f'{image_id}\n' for image_id in ids)
