"""Reads AffectNet, the full release with its CSV lists.

Mollahosseini, Hasani, Mahoor: AffectNet: a database for facial expression,
valence, and arousal computing in the wild, IEEE Transactions on Affective
Computing 2019.
"""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ...errors import InputError
from ...expressions import AFFECTNET_LABELS, EXPRESSIONS
from ...inputs import read_lines, shown
from .records import (
    ImageStream,
    LabelledImage,
    expression_of,
    labels_among,
    make_face,
    sized_box,
)
from .release import UNPACK, Release, image_in

_SPLITS = {'train': 'training.csv', 'val': 'validation.csv'}
_BOX = ('face_x', 'face_y', 'face_width', 'face_height')
# The order of the release, which not every copy of it repeats as a header.
_COLUMNS = (
    'subDirectory_filePath',
    *_BOX,
    'facial_landmarks',
    'expression',
    'valence',
    'arousal',
)
_NEEDED = {'subDirectory_filePath', *_BOX, 'expression'}
_ATTRIBUTES = ('valence', 'arousal')


def read_affectnet(
    release: str | os.PathLike, classes: Sequence[str] = EXPRESSIONS
) -> ImageStream:
    """Reads the manually annotated images.

    Images whose label is none of the classes, as Contempt (7) is not unless
    it is asked for, and those labelled as none, uncertain or no face (above
    7) are left out and counted.
    Valence and arousal become attributes.

    >>> write_voc_set(read_affectnet('downloads/AffectNet'), 'data/affectnet')

    Args:
        release: Folder that holds `Manually_Annotated_Images/` and
            `Manually_Annotated_file_lists/`, each zipped or unpacked.
        classes: The classes; Contempt may be among them.

    Returns:
        The images, with the splits `train` and `val`.

    Raises:
        InputError: A part of the release is missing or damaged.
    """
    root = Release(release)
    folder = root.folder('Manually_Annotated_file_lists')
    images = root.folder('Manually_Annotated_Images')
    labels = labels_among(AFFECTNET_LABELS, classes)
    lists = {split: folder / name for split, name in _SPLITS.items()}
    return ImageStream(
        images=(
            _read_image(row, split, images, labels)
            for split, path in lists.items()
            for row in _read_rows(path)
        ),
        # Counted without parsing: the lists are hundreds of megabytes.
        total=sum(1 for path in lists.values() for _ in _row_lines(path)),
        origin={'format': 'AffectNet', 'release': str(root.path)},
        classes=tuple(classes),
    )


def _row_lines(path: Path) -> Iterator[str]:
    """The lines of a list without its header."""
    for number, line in enumerate(read_lines(path, UNPACK)):
        if line.strip() and not (number == 0 and _COLUMNS[0] in line):
            yield line


def _read_rows(path: Path) -> Iterator[dict[str, str]]:
    header = next(read_lines(path, UNPACK), '')
    columns = _COLUMNS
    try:
        if _COLUMNS[0] in header:
            columns = [column.strip() for column in next(csv.reader([header]))]
        if not set(columns) >= _NEEDED:
            raise InputError(
                f'{path}: the columns {shown(columns)} lack '
                f'{", ".join(sorted(_NEEDED - set(columns)))}; take the list '
                'of the full release'
            )
        yield from csv.DictReader(
            _row_lines(path), columns, restkey='', restval=''
        )
    except csv.Error as error:
        raise InputError(
            f'{path}: is no list of comma-separated values ({error}); unpack '
            'it again'
        ) from None


def _read_image(
    row: dict[str, str], split: str, images: Path, labels: Mapping[int, str]
) -> LabelledImage:
    path = row['subDirectory_filePath'].strip()
    box = [row[column] for column in _BOX]
    face = make_face(
        expression_of(row['expression'], labels),
        row['expression'],
        sized_box(box),
        ', '.join(box),
        attributes={
            name: row[name].strip() for name in _ATTRIBUTES if row.get(name)
        },
    )
    return image_in(images, path, split, faces=(face,))
