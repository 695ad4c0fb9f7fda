"""Reads AffectNet, the full release with its CSV lists.

Mollahosseini, Hasani, Mahoor: AffectNet: a database for facial expression,
valence, and arousal computing in the wild, IEEE Transactions on Affective
Computing 2019.
"""

import csv
import os
from collections.abc import Iterator

from ...errors import InputError
from ...expressions import AFFECTNET_LABELS
from ..voc_xml import VOCObject
from .boxes import parse_numbers
from .fault import Fault
from .folder import Folder
from .image_stream import ImageStream
from .label import expression_of
from .labelled_image import LabelledImage
from .release_folder import ReleaseFolder

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

_Row = dict[str, str]


def read_affectnet(release: str | os.PathLike) -> ImageStream:
    """Reads the manually annotated images.

    Contempt (7) and the labels above it (none, uncertain, no face) are not
    among the seven expressions; such images are left out and counted.
    Valence and arousal become attributes.

    >>> write_voc_set(read_affectnet('downloads/AffectNet'), 'data/affectnet')

    Args:
        release: Folder that holds `Manually_Annotated_Images/` and
            `Manually_Annotated_file_lists/`, each zipped or unpacked.

    Returns:
        The images, with the splits `train` and `val`.

    Raises:
        InputError: A part of the release is missing or damaged.
    """
    root = ReleaseFolder(release)
    lists = root.folder('Manually_Annotated_file_lists')
    images = root.folder('Manually_Annotated_Images')
    return ImageStream(
        images=(
            _read_image(row, split, images)
            for split, name in _SPLITS.items()
            for row in _read_rows(lists, name)
        ),
        # Counted without parsing: the lists are hundreds of megabytes.
        total=sum(
            1 for name in _SPLITS.values() for _ in _row_lines(lists, name)
        ),
        origin={'format': 'AffectNet', 'release': str(root.path)},
    )


def _row_lines(folder: Folder, name: str) -> Iterator[str]:
    """The lines of a list without its header."""
    for number, line in enumerate(folder.lines(name)):
        if line.strip() and not (number == 0 and _is_header(line)):
            yield line


def _is_header(line: str) -> bool:
    return _COLUMNS[0] in line


def _read_rows(folder: Folder, name: str) -> Iterator[_Row]:
    header = next(folder.lines(name), '')
    columns = _COLUMNS
    if _is_header(header):
        columns = [column.strip() for column in next(csv.reader([header]))]
    if not set(columns) >= _NEEDED:
        raise InputError(
            f'{folder}/{name}: the columns {", ".join(columns)} lack '
            f'{", ".join(sorted(_NEEDED - set(columns)))}; take the list of '
            'the full release'
        )
    try:
        yield from csv.DictReader(
            _row_lines(folder, name), columns, restkey='', restval=''
        )
    except csv.Error as error:
        raise InputError(
            f'{folder}/{name}: is no list of comma-separated values '
            f'({error}); unpack it again'
        ) from None


def _read_image(row: _Row, split: str, images: Folder) -> LabelledImage:
    path = row['subDirectory_filePath'].strip()
    source = images.find(path)
    corner_and_size = parse_numbers([row[column] for column in _BOX], 4)
    expression = expression_of(row['expression'], AFFECTNET_LABELS)
    faces, faults = (), ()
    if source is None:
        faults = ((Fault.NO_IMAGE, ''),)
    elif expression is None:
        faults = ((Fault.UNKNOWN_LABEL, row['expression']),)
    elif corner_and_size is None:
        texts = ', '.join(row[column] for column in _BOX)
        faults = ((Fault.BAD_BOX, texts),)
    else:
        x, y, width, height = corner_and_size
        facts = {
            name: row[name].strip() for name in _ATTRIBUTES if row.get(name)
        }
        box = (x, y, x + width, y + height)
        faces = (VOCObject(expression, box, attributes=facts),)
    return LabelledImage(
        image_id=os.path.splitext(path)[0],
        source=source,
        splits=(split,),
        faces=faces,
        faults=faults,
    )
