"""The folders of a set in VOC layout, and the lists of images in its splits."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import InputError
from ..files import write_atomically
from ..inputs import quoted, read_text, shown
from .images import IMAGE_SUFFIXES

#: Folders of a set's images and of their annotations.
IMAGES, ANNOTATIONS = 'JPEGImages', 'Annotations'


def split_path(root: str | os.PathLike, split: str) -> Path:
    """Where a set in VOC layout lists the images of a split."""
    return Path(root) / 'ImageSets' / 'Main' / f'{split}.txt'


def read_split(
    path: str | os.PathLike, annotations: str | os.PathLike
) -> list[str]:
    """Reads a split file such as `ImageSets/Main/train.txt`.

    A line is the name of an image below its folder, without suffix. What other
    tools write is understood where just one annotation can be meant:
    `photo.jpg`, `JPEGImages/photo.jpg` and `photo  1`.

    Args:
        path: A UTF-8 text file with one image a line. Blank lines are passed
            over.
        annotations: Folder of the XML files, which tell images from others.

    Returns:
        The ids in the order of the file. A line of which nothing is known is
        an id, too: what is missing, its reader says.

    Raises:
        InputError: The file is missing, unreadable or empty, or an image of it
            is named twice or could be one of two.
    """
    ids = read_split_lines(path, annotations)
    repeated = [name for name, count in Counter(ids).items() if count > 1]
    if repeated:
        raise InputError(
            f'{path}: {len(repeated)} image id(s) appear more than once, '
            f'first {quoted(repeated[0])}; keep one line each'
        )
    return ids


def read_split_lines(
    path: str | os.PathLike, annotations: str | os.PathLike
) -> list[str]:
    """As `read_split`, but an id may appear more than once."""
    text = read_text(path, _remedy(Path(path)))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise InputError(
            f'{path}: the split is empty; write one image id a line'
        )
    annotations = Path(annotations)
    # Listed once: to ask for each of 15,000 files takes longer.
    listed = set(os.listdir(annotations)) if annotations.is_dir() else set()

    def is_annotated(name: str) -> bool:
        xml = f'{name}.xml'
        return xml in listed or (
            '/' in name and os.path.isfile(annotations / xml)
        )

    return [_image_id(line, is_annotated, path) for line in lines]


def other_readings(line: str) -> list[str]:
    """The ids that a line may mean that is none, as far as it looks like it.

    >>> other_readings('JPEGImages/photo.jpg')
    ['photo', 'JPEGImages/photo', 'photo.jpg']
    """
    readings = [line.replace('\\', '/').removeprefix('./')]
    for shorten in (_without_flag, _below_images, _without_suffix):
        readings = [*readings, *map(shorten, readings)]
    return [name for name in dict.fromkeys(reversed(readings)) if name != line]


def _image_id(
    line: str, is_annotated: Callable[[str], bool], path: str | os.PathLike
) -> str:
    if is_annotated(line):
        return line
    found = list(filter(is_annotated, other_readings(line)))
    if len(found) > 1:
        raise InputError(
            f'{path}: the line {quoted(line)} may mean {" or ".join(found)}; '
            f'write the path of the image below {IMAGES}, without suffix'
        )
    return found[0] if found else line


def _without_flag(line: str) -> str:
    """Without the 1 that VOC writes after images that show a class."""
    return re.sub(r'\s+1$', '', line)


def _below_images(line: str) -> str:
    return f'/{line}'.rpartition(f'/{IMAGES}/')[2].removeprefix('/')


def _without_suffix(line: str) -> str:
    name, suffix = os.path.splitext(line)
    return name if suffix.lower() in IMAGE_SUFFIXES else line


def _remedy(path: Path) -> str:
    """Names the splits that there are."""
    others = sorted(other.name for other in path.parent.glob('*.txt'))
    if path.name in others or not others:
        return 'data/README.md explains where each data set goes'
    return f'name one of {shown(others)} as ann_file, or write this one'


def write_split(path: str | os.PathLike, ids: Iterable[str]) -> None:
    """Writes a split file, whole or not at all, in the order of the ids.

    Raises:
        OSError: The file cannot be written; nothing is left behind.
    """
    write_atomically(path, split_text(ids))


def split_text(ids: Iterable[str]) -> str:
    """What `write_split` writes."""
    return ''.join(f'{image_id}\n' for image_id in ids)
