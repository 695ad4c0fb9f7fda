"""Lists of boxes: one line `path x1,y1,x2,y2,class …` an image.

The authors of FER-YOLO-Mamba list SFEW's faces in this form. Classes are
numbered from 0 in the order of `EXPRESSIONS`; coordinates are 0-based. A path
may hold spaces.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from ...errors import InputError
from ...expressions import SFEW_BOX_LABELS
from ..voc_xml import VOCObject
from .boxes import parse_numbers
from .fault import Fault
from .label import expression_of

_BOX = re.compile(r'[^\s,]+(,[^\s,]+){3},-?\d+')
_CLASSES = {name: label for label, name in SFEW_BOX_LABELS.items()}


@dataclass(frozen=True)
class BoxLine:
    """One line.

    Attributes:
        path: The image as written, with either kind of slash.
        faces: The usable boxes.
        faults: What is wrong with the others.
    """

    path: str
    faces: tuple[VOCObject, ...]
    faults: tuple[tuple[Fault, str], ...]


def read_box_list(path: str | os.PathLike) -> list[BoxLine]:
    """Reads a list.

    Args:
        path: A UTF-8 text file; blank lines are passed over.

    Returns:
        Its lines in order.

    Raises:
        InputError: The file cannot be read, or no image is in it.
    """
    try:
        with open(path, encoding='utf-8-sig') as file:
            lines = [_parse(line) for line in file if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f'{path}: cannot read this list of boxes '
            f'({getattr(error, "strerror", None) or error}); give a text file '
            'with "path x1,y1,x2,y2,class …" on each line'
        ) from None
    if not lines:
        raise InputError(
            f'{path}: the list is empty; give one with '
            '"path x1,y1,x2,y2,class …" on each line'
        )
    return lines


def _split(line: str) -> tuple[str, list[str]]:
    """The path, and the texts of the boxes that end the line."""
    path, boxes = line.strip(), []
    while True:
        words = path.rsplit(maxsplit=1)
        if len(words) < 2 or not _BOX.fullmatch(words[1]):
            return path, boxes
        path = words[0]
        boxes.insert(0, words[1])


def _parse(line: str) -> BoxLine:
    path, boxes = _split(line)
    faces, faults = [], []
    for text in boxes:
        *corners, label = text.split(',')
        box = parse_numbers(corners, 4)
        expression = expression_of(label, SFEW_BOX_LABELS)
        if box is None:
            faults.append((Fault.BAD_BOX, text))
        elif expression is None:
            faults.append((Fault.UNKNOWN_LABEL, label))
        else:
            faces.append(VOCObject(expression, box))
    return BoxLine(path, tuple(faces), tuple(faults))


def format_box_line(path: PurePath, faces: Iterable[VOCObject]) -> str:
    """Writes one line, so that `read_box_list` gives the same back.

    Args:
        path: The image.
        faces: Its faces, with canonical names.

    Returns:
        The line without its end.

    Raises:
        InputError: The path would not be read back.
    """
    line = ' '.join([str(path), *map(_format_face, faces)])
    if len(line.splitlines()) != 1 or _split(line)[0] != str(path):
        raise InputError(
            f'{str(path)!r}: this path cannot stand in a list of boxes; '
            'rename the file or folder'
        )
    return line


def _format_face(face: VOCObject) -> str:
    # Whole numbers without a point, all digits of others.
    numbers = (repr(float(edge)).removesuffix('.0') for edge in face.bbox)
    return ','.join([*numbers, str(_CLASSES[face.name])])
