"""Reads images with one label each: a folder per class, or a CSV."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ..images import IMAGE_SUFFIXES, DetectFaces, decode_image
from ..voc_xml import VOCObject
from .records import (
    WHOLE_IMAGE,
    ImageStream,
    LabelledImage,
    Remark,
    Skipped,
    SkippedFace,
    expression_named,
)
from .release import Release, file_in, read_text

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
    images: str | os.PathLike,
    table: str | os.PathLike | None = None,
    detect: DetectFaces | None = None,
    keep_faceless: bool = False,
    options: Mapping[str, object] | None = None,
    classes: Sequence[str] = EXPRESSIONS,
) -> ImageStream:
    """Reads `Happy/a.jpg`, or `train/Happy/a.jpg` where there are splits.

    >>> write_voc_set(read_class_folders('downloads/faces'), 'data/faces')

    Args:
        images: A folder, or a zip of it. The folder that an image lies in
            names its expression, one further up may name its split; without
            one it is for training.
        table: A CSV that says this instead of the folders. `name` is the path
            of an image below `images`, with its suffix; `label` its
            expression in words; a third column `split`, where there is one,
            the name of its split. Other columns are passed over.
        detect: Finds faces, the largest first, which becomes the box. None
            takes the whole image, as is right for images that were cropped
            to a face.
        keep_faceless: Whether an image in which nothing is found gets the
            whole image as its box, where otherwise it is left out.
        options: What else changes the result, for `ImageStream.origin`.
        classes: The classes.

    Returns:
        The images; their ids are their paths below the folder.

    Raises:
        InputError: The folder or the CSV is missing or cannot be read, an
            archive is damaged, or the CSV lacks a column.
    """
    release = Release(images)
    if table is None:
        rows = _rows_of_folders(release)
        origin = {'format': 'class folders', 'root': str(release.path)}
    else:
        table = Path(table).absolute()
        rows = _rows_of_csv(table)
        origin = {
            'format': 'names and labels',
            'table': str(table),
            'images': str(release.path),
        }
    label = partial(_label, detect, keep_faceless, classes)
    return ImageStream(
        images=(label(file_in(release.path, row[0]), *row) for row in rows),
        total=len(rows),
        origin={**origin, **(options or {})},
        classes=tuple(classes),
    )


_Row = tuple[str, str, str]  # path, split and label of an image


def _rows_of_folders(release: Release) -> list[_Row]:
    paths = [path.relative_to(release.path) for path in release.files()]
    return [
        (path.as_posix(), _split_of(path), path.parent.name)
        for path in paths
        if path.suffix.lower() in IMAGE_SUFFIXES
    ]


def _split_of(path: Path) -> str:
    named = (_SPLITS.get(part.casefold()) for part in path.parent.parts)
    return next(filter(None, named), _DEFAULT_SPLIT)


def _rows_of_csv(path: Path) -> list[_Row]:
    remedy = 'give a CSV with the columns name and label'
    text = read_text(path, remedy)
    reader = csv.DictReader(io.StringIO(text), restkey='', restval='')
    try:
        columns = reader.fieldnames or []
        rows = list(reader)
    except csv.Error as error:
        raise InputError(f'{path}: is no CSV ({error}); {remedy}') from None
    if not {'name', 'label'} <= set(columns):
        raise InputError(
            f'{path}: has the columns {", ".join(columns) or "(none)"}; name '
            'those of image names and of expressions "name" and "label"'
        )
    found = []
    for row in rows:
        name = row['name'].strip().replace('\\', '/')
        split = row.get('split', '').strip() or _DEFAULT_SPLIT
        split = _SPLITS.get(split.casefold(), split)
        found.append((name, split, row['label']))
    return found


def _label(
    detect: DetectFaces | None,
    keep_faceless: bool,
    classes: Sequence[str],
    source: Path | Skipped,
    name: str,
    split: str,
    label: str,
) -> LabelledImage:
    """Puts a box around the face of an image with one label."""
    expression, remarks = expression_named(label, classes), ()
    if expression is None:
        face = SkippedFace(Skipped.UNKNOWN_LABEL, label)
    elif detect is None or isinstance(source, Skipped):
        face = VOCObject(expression, WHOLE_IMAGE)
    elif (pixels := decode_image(source)) is None:
        face = SkippedFace(Skipped.UNREADABLE, '')
    elif boxes := detect(pixels):
        face = VOCObject(expression, tuple(boxes[0]))
        if len(boxes) > 1:
            remarks = ((Remark.FURTHER_FACES, f'{len(boxes) - 1} more'),)
    elif keep_faceless:
        face = VOCObject(expression, WHOLE_IMAGE)
        remarks = ((Remark.NO_FACE, ''),)
    else:
        face = SkippedFace(Skipped.NO_FACE, '')
    return LabelledImage(
        image_id=os.path.splitext(name)[0],
        source=source,
        splits=(split,),
        faces=(face,),
        remarks=remarks,
    )
