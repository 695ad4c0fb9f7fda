"""Reads images with one label each: a folder per class, or a CSV."""

import csv
import os
from pathlib import Path, PurePosixPath

from ...errors import InputError
from ..images import IMAGE_SUFFIXES
from .face_boxes import FaceBoxes
from .fault import Fault
from .folder import Folder
from .image_source import ImageSource
from .image_stream import ImageStream
from .labelled_image import LabelledImage
from .release_folder import ReleaseFolder

_DEFAULT_SPLIT = 'train'
#: Folder names that say which split the images below are in.
_SPLITS = {
    'train': 'train',
    'training': 'train',
    'val': 'val',
    'valid': 'val',
    'validation': 'val',
    'test': 'test',
    'testing': 'test',
}


def read_class_folders(
    root: str | os.PathLike, boxes: FaceBoxes, options: dict | None = None
) -> ImageStream:
    """Reads `Happy/a.jpg`, or `train/Happy/a.jpg` where there are splits.

    >>> stream = read_class_folders('downloads/faces', FaceBoxes())
    >>> write_voc_set(stream, 'data/faces')

    Args:
        root: A folder, or a zip of it. The folder that an image lies in
            names its expression, one further up may name its split; without
            one it is for training.
        boxes: What draws the boxes.
        options: What else changes the result, for `ImageStream.origin`.

    Returns:
        The images; their ids are their paths below the folder.

    Raises:
        InputError: The folder is missing, or an archive in it is damaged.
    """
    release = ReleaseFolder(root)
    files = [file for file in release.files() if _is_image(file[0])]
    return ImageStream(
        images=(
            boxes.label(_id_of(path), source, _split_of(path), path.parent.name)
            for path, source in files
        ),
        total=len(files),
        origin={
            'format': 'class folders',
            'root': str(release.path),
            **(options or {}),
        },
    )


def _is_image(path: PurePosixPath) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES


def _id_of(path: PurePosixPath) -> str:
    return os.path.splitext(str(path))[0]


def _split_of(path: PurePosixPath) -> str:
    for part in path.parent.parts:
        if part.casefold() in _SPLITS:
            return _SPLITS[part.casefold()]
    return _DEFAULT_SPLIT


def read_label_csv(
    table: str | os.PathLike,
    images: str | os.PathLike,
    boxes: FaceBoxes,
    options: dict | None = None,
) -> ImageStream:
    """Reads a CSV with the columns `name` and `label`.

    Args:
        table: The CSV. `name` is the path of an image below `images`, with
            its suffix; `label` its expression in words; a third column
            `split`, where there is one, the name of its split. Other columns
            are passed over.
        images: A folder, or a zip of it.
        boxes: What draws the boxes.
        options: What else changes the result, for `ImageStream.origin`.

    Returns:
        The images; their ids are their names without suffix.

    Raises:
        InputError: The CSV lacks a column, or something is missing or cannot
            be read.
    """
    release = ReleaseFolder(images)
    rows = _read_rows(Path(table))
    folder = release.root()
    return ImageStream(
        images=(_read_row(row, folder, boxes) for row in rows),
        total=len(rows),
        origin={
            'format': 'names and labels',
            'table': str(Path(table).absolute()),
            'images': str(release.path),
            **(options or {}),
        },
    )


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        with open(path, encoding='utf-8-sig', newline='') as file:
            reader = csv.DictReader(file, restkey='', restval='')
            columns = reader.fieldnames or []
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f'{path}: cannot be read '
            f'({getattr(error, "strerror", None) or error}); give a CSV with '
            'the columns name and label'
        ) from None
    if not {'name', 'label'} <= set(columns):
        raise InputError(
            f'{path}: has the columns {", ".join(columns) or "(none)"}; name '
            'those of image names and of expressions "name" and "label"'
        )
    return rows


def _read_row(
    row: dict[str, str], folder: Folder, boxes: FaceBoxes
) -> LabelledImage:
    name = row['name'].strip().replace('\\', '/')
    split = row.get('split', '').strip() or _DEFAULT_SPLIT
    split = _SPLITS.get(split.casefold(), split)
    source: ImageSource | None = folder.find(name)
    if source is None:
        fault = (Fault.NO_IMAGE, '')
        return LabelledImage(
            _id_of(PurePosixPath(name)), None, (split,), faults=(fault,)
        )
    return boxes.label(_id_of(PurePosixPath(name)), source, split, row['label'])
