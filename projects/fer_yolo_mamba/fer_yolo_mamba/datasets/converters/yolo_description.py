"""Reads the files that describe a set in YOLO layout."""

import os
from pathlib import Path

import yaml

from ...errors import InputError
from ..images import IMAGE_SUFFIXES
from .walk import walk

_SPLITS = ('train', 'val', 'test')


def read_text(path: Path) -> str:
    """Reads a text file of a set.

    Args:
        path: The file, UTF-8.

    Returns:
        Its content.

    Raises:
        InputError: It is missing or unreadable.
    """
    try:
        return path.read_text(encoding='utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f'{path}: cannot be read '
            f'({getattr(error, "strerror", None) or error}); give the '
            'data.yaml or classes.txt of a set for YOLO'
        ) from None


def read_classes(path: Path) -> dict[int, str]:
    """Reads `classes.txt`.

    Args:
        path: One class name a line, the first of number 0.

    Returns:
        The class names by number.

    Raises:
        InputError: The file is missing or unreadable.
    """
    lines = read_text(path).splitlines()
    return dict(enumerate(line.strip() for line in lines if line.strip()))


def read_yaml(path: Path) -> tuple[dict[int, str], dict[str, list[Path]]]:
    """Reads `data.yaml`.

    Args:
        path: `names` is a list, or numbers with names; `train`, `val` and
            `test` are folders or lists of images, or several of these,
            counted from `path`, or else from the file's own folder.

    Returns:
        The class names by number, and for each split where its images are.

    Raises:
        InputError: The file is missing or malformed, or names a place that
            does not exist.
    """
    text = read_text(path)
    try:
        content = yaml.safe_load(text)
        names = content['names']
        if not isinstance(names, dict):
            names = dict(enumerate(names))
        names = {int(number): str(name) for number, name in names.items()}
        root = path.parent / str(content.get('path') or '')
        given = {split: content.get(split) or [] for split in _SPLITS}
    except (
        yaml.YAMLError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        raise InputError(
            f'{path}: does not describe a set for YOLO '
            f'({" ".join(str(error).split())}); it needs "names", and "train" '
            'or "val" with folders of images'
        ) from None
    places = {
        split: [
            _place(root, str(place), path)
            for place in (places if isinstance(places, list) else [places])
        ]
        for split, places in given.items()
    }
    return names, places


def _place(root: Path, given: str, description: Path) -> Path:
    # Roboflow writes ../train/images where it means train/images.
    for place in (root / given, root / given.removeprefix('../')):
        if place.exists():
            return Path(os.path.normpath(place))
    raise InputError(
        f'{description}: there is no {root / given}; correct the path'
    )


def images_of(place: Path) -> list[tuple[str, Path]]:
    """Lists images.

    Args:
        place: A folder, or a text file with the path of an image a line.

    Returns:
        The images, each with its path below the folder that holds all of
        them, without suffix.

    Raises:
        InputError: The place cannot be read.
    """
    if place.is_dir():
        root = place
        paths = [
            folder / name
            for folder, names in walk(place)
            for name in names
            if os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES
        ]
    else:
        lines = read_text(place).splitlines()
        paths = [
            Path(os.path.normpath(place.parent / line.strip()))
            for line in lines
            if line.strip()
        ]
        root = os.path.commonpath([path.parent for path in paths] or [place])
    return sorted(
        (path.with_suffix('').relative_to(root).as_posix(), path)
        for path in paths
    )
