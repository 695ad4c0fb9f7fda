"""Reads images with one label each: a folder per class, or a CSV."""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ...inputs import read_table
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
    hold_out,
)
from .release import Release, file_in

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
# The person in `S005_001_00000011`, `KA.AN1.39` and `subject07-happy`.
_WORD = re.compile(r'[^_.\- ]+')


def read_class_folders(
    images: str | os.PathLike,
    table: str | os.PathLike | None = None,
    detect: DetectFaces | None = None,
    keep_faceless: bool = False,
    options: Mapping[str, object] | None = None,
    classes: Sequence[str] = EXPRESSIONS,
    val_fraction: float = 0.1,
    seed: int = 0,
) -> ImageStream:
    """Reads `Happy/a.jpg`, or `train/Happy/a.jpg` where there are splits.

    Where all is for training, a share of the images, the same of each class,
    is drawn as `val`: whole persons where the names tell them, either those
    of folders that hold the folders of the classes (`anna/Happy/1.jpg`), or
    what the names of the files begin with (`Happy/S005_001.png`).

    >>> write_voc_set(read_class_folders('downloads/faces'), 'data/faces')

    Args:
        images: A folder, or a zip of it. The folder that an image lies in
            names its expression, one further up may name its split.
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
        val_fraction: Share of the images to put into `val` where there is
            neither `val` nor `test`; 0 leaves all for training.
        seed: Draws another split.

    Returns:
        The images; their ids are their paths below the folder.

    Raises:
        InputError: The folder or the CSV is missing or cannot be read, an
            archive is damaged, the CSV lacks a column, or the fraction is
            none.
    """
    if not 0 <= val_fraction < 1:
        raise InputError(
            f'val_fraction: {val_fraction} is no share; choose 0 or more and '
            'less than 1'
        )
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
    if val_fraction and {split for _, split, _ in rows} <= {_DEFAULT_SPLIT}:
        rows = _with_validation(rows, val_fraction, seed, classes)
        origin |= {'val_fraction': val_fraction, 'seed': seed}
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
    rows = read_table(
        path,
        ('name', 'label'),
        'name those of image names and of expressions "name" and "label"',
    )
    found = []
    for row in rows:
        name = row['name'].strip().replace('\\', '/')
        split = row.get('split', '').strip() or _DEFAULT_SPLIT
        split = _SPLITS.get(split.casefold(), split)
        found.append((name, split, row['label']))
    return found


def _with_validation(
    rows: Sequence[_Row], fraction: float, seed: int, classes: Sequence[str]
) -> list[_Row]:
    """Puts some of the images into `val`."""
    labels = {name: expression_named(label, classes) for name, _, label in rows}
    labels = {name: label for name, label in labels.items() if label}
    chosen = _held_out(labels, fraction, seed)
    return [
        (name, 'val' if name in chosen else split, label)
        for name, split, label in rows
    ]


def _held_out(
    labels: Mapping[str, str], fraction: float, seed: int
) -> set[str]:
    """Names of images that are to validate, given the label of each.

    The first way that finds at least half of what is wanted serves: persons, or
    somewhat more of them; images of each class; any images.
    """
    more, least = min(2 * fraction, 0.5), 1 / max(len(labels), 1)
    for group_of, label_of, share in (
        (_folder_above, labels.get, fraction),
        (_folder_above, labels.get, more),
        (_first_word, labels.get, fraction),
        (_first_word, labels.get, more),
        (str, labels.get, fraction),
        (str, lambda name: 'any', max(fraction, least)),
    ):
        groups: dict[str, Counter] = {}
        for name in labels:
            groups.setdefault(group_of(name), Counter())[label_of(name)] += 1
        held = hold_out(groups, share, seed)
        chosen = {name for name in labels if group_of(name) in held}
        wanted = max(fraction * len(labels) / 2, 1)
        if wanted <= len(chosen) < len(labels):
            return chosen
    return set()


def _folder_above(name: str) -> str:
    """The folder that holds those of the classes, `anna` in `anna/Happy/1`."""
    return '/'.join(name.split('/')[:-2])


def _first_word(name: str) -> str:
    """What a file's name begins with, `S005` in `Happy/S005_001.png`.

    A number alone, as in `Happy/1.png`, is that of an image.
    """
    stem = os.path.splitext(os.path.basename(name))[0]
    found = _WORD.match(stem)
    return found[0] if found and not stem.isdecimal() else name


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
