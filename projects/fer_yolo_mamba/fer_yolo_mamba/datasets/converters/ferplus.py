"""Reads FER+: the faces of FER2013, named by ten annotators each.

Barsoum, Zhang, Canton Ferrer, Zhang: Training deep networks for facial
expression recognition with crowd-sourced label distribution, ICMI 2016, arXiv
1608.01041. Goodfellow et al.: Challenges in representation learning, ICML 2013
workshops, arXiv 1307.0414.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ...errors import InputError
from ...expressions import EXPRESSIONS, FER2013_LABELS, FERPLUS_COLUMNS
from ...inputs import MOST_LINES, quoted, read_table, shown
from ..images import DetectFaces, decode_bytes, decode_image
from ..voc_xml import VOCObject
from .records import (
    Box,
    EncodedImage,
    ImageStream,
    LabelledImage,
    Remark,
    Skipped,
    SkippedFace,
    expression_named,
    expression_of,
)
from .release import Release

_SIDE = 48  # pixels of a picture
#: Where the face is in its picture, as fractions of the side: the median of
#: what YuNet finds in the training and validation pictures, clipped.
_USUAL_BOX = (0.105, 0.008, 0.900, 1.0)

#: For each value of the column Usage, its split and the folder of its
#: pictures, as the script of FER+'s authors names it.
_PARTS = {
    'Training': ('train', 'FER2013Train'),
    'PublicTest': ('val', 'FER2013Valid'),
    'PrivateTest': ('test', 'FER2013Test'),
}
_NO_EXPRESSION = {'unknown': Skipped.UNNAMED, 'NF': Skipped.NOT_A_FACE}
_COLUMNS = (*FERPLUS_COLUMNS, *_NO_EXPRESSION)

_VOTES = 'fer2013new.csv'
_CHALLENGE = 'fer2013.csv'
_OWN_LABELS = 'fer2013_labels.csv'
_AS_PUBLISHED = 'take the file as it is published'

_Row = dict[str, str]
#: A picture and FER2013's own label of it, where it has one.
_Picture = tuple[Path | EncodedImage | Skipped, str | None]


def read_ferplus(
    release: str | os.PathLike,
    classes: Sequence[str] = EXPRESSIONS,
    fer2013_votes: int = 0,
    detect: DetectFaces | None = None,
    options: Mapping[str, object] | None = None,
) -> ImageStream:
    """Reads the pictures, each a face, with the label that most are for.

    Pictures with a tie, and those whose label is none of the classes, are
    left out and counted. A vote that stands alone is an outlier and counts
    nothing, by the rule of FER+'s authors.

    >>> write_voc_set(read_ferplus('downloads/ferplus'), 'data/ferplus')

    Args:
        release: Folder that holds `fer2013new.csv` and either `fer2013.csv`
            of the challenge or `FER2013Train`, `FER2013Valid` and
            `FER2013Test`, or some of them, zipped or unpacked.
        classes: The classes; Contempt may be among them.
        fer2013_votes: How many further votes FER2013's own label counts for,
            where an annotator is for it, too. The label of a picture stays
            that of the annotators. Beside folders of pictures, FER2013's
            labels come from `fer2013_labels.csv`, columns `Image name` and
            `fer2013`.
        detect: Finds faces, the largest first, which becomes the box. None
            takes where a face usually is.
        options: What else changes the result, for `ImageStream.origin`.

    Returns:
        The images, with votes, and the splits `train`, `val` and `test` as
        the challenge has them.

    Raises:
        InputError: A part of the release is missing, damaged, or does not
            belong to the others; or `fer2013_votes` is negative.
    """
    if fer2013_votes < 0:
        raise InputError(
            f'fer2013_votes: {fer2013_votes} is no number of votes; choose 0 '
            'or more'
        )
    root = Release(release)
    files = list(root.files())
    tables = {path.name: path for path in files if path.suffix == '.csv'}
    if _VOTES not in tables:
        raise InputError(
            f'{root.path}: there is no {_VOTES} in this release; take it from '
            'github.com/microsoft/FERPlus'
        )
    rows = list(
        read_table(
            tables[_VOTES], ('Usage', 'Image name', *_COLUMNS), _AS_PUBLISHED
        )
    )
    if _CHALLENGE in tables:
        pictures = _challenge_pictures(tables[_CHALLENGE], rows)
    else:
        own_labels = _own_labels(root.path, tables, bool(fer2013_votes))
        pictures = _pictures_in_folders(files, rows, own_labels)
    read = partial(_read_image, tuple(classes), fer2013_votes, detect)
    return ImageStream(
        images=map(read, range(len(rows)), rows, pictures),
        total=len(rows),
        origin={
            'format': 'FER+',
            'release': str(root.path),
            'pictures': _CHALLENGE if _CHALLENGE in tables else 'folders',
            'fer2013_votes': fer2013_votes,
            **(options or {}),
        },
        classes=tuple(classes),
    )


def _challenge_pictures(path: Path, rows: list[_Row]) -> Iterator[_Picture]:
    """The pictures of `fer2013.csv`, whose rows are those of the votes."""
    pictures = read_table(
        path, ('emotion', 'pixels', 'Usage'), _AS_PUBLISHED, MOST_LINES
    )
    for number, row in enumerate(rows, start=1):
        picture = next(pictures, None)
        if picture is None or picture['Usage'] != row['Usage']:
            found = picture['Usage'] if picture else 'missing'
            raise InputError(
                f'{path}: row {number} is {quoted(found)}, but '
                f'{quoted(row["Usage"])} in {_VOTES}; the two files go '
                'together row by row, take both as they are published'
            )
        label = expression_of(picture['emotion'], FER2013_LABELS)
        yield _encode(picture['pixels']), label


def _encode(pixels: str) -> EncodedImage | Skipped:
    """A grey picture as PNG, of its rows of numbers from 0 to 255."""
    try:
        grey = np.array(pixels.split(), np.uint8).reshape(_SIDE, _SIDE)
    except (ValueError, OverflowError):
        return Skipped.UNREADABLE
    _, png = cv2.imencode('.png', grey)
    return EncodedImage('.png', png.tobytes(), (_SIDE, _SIDE))


def _own_labels(
    root: Path, tables: Mapping[str, Path], needed: bool
) -> dict[str, str | None]:
    """FER2013's own label by image name; None where two labels fit."""
    if _OWN_LABELS in tables:
        return {
            row['Image name']: expression_named(row['fer2013'])
            for row in read_table(
                tables[_OWN_LABELS], ('Image name', 'fer2013'), _AS_PUBLISHED
            )
        }
    if needed:
        raise InputError(
            f'{root}: fer2013_votes needs the labels of FER2013, in '
            f'{_CHALLENGE} or {_OWN_LABELS}; add one of them'
        )
    return {}


def _pictures_in_folders(
    files: list[Path], rows: list[_Row], own_labels: Mapping[str, str | None]
) -> Iterator[_Picture]:
    """The pictures that the script of FER+'s authors has written."""
    places = {(path.parent.name, path.name): path for path in files}
    for row in rows:
        name = row['Image name'].strip()
        _, folder = _part_of(row)
        source = places.get((folder, name), Skipped.NO_IMAGE)
        yield source, own_labels.get(name)


def _part_of(row: _Row) -> tuple[str, str]:
    """The split of a row, and its folder."""
    if row['Usage'] not in _PARTS:
        raise InputError(
            f'{_VOTES}: found the usage {quoted(row["Usage"])}, allowed are '
            f'{", ".join(_PARTS)}; take the file as it is published'
        )
    return _PARTS[row['Usage']]


def _read_image(
    classes: tuple[str, ...],
    fer2013_votes: int,
    detect: DetectFaces | None,
    index: int,
    row: _Row,
    picture: _Picture,
) -> LabelledImage:
    (split, _), (source, own_label) = _part_of(row), picture
    name = row['Image name'].strip()
    if not name:  # FER+ has given this picture up
        name, source = f'row {index + 1}', Skipped.NO_IMAGE
    votes, remarks = _votes_of(row), ()
    face = _label_of(votes, classes)
    if isinstance(face, str):
        box = None
        if detect and not isinstance(source, Skipped):
            box = _find_face(detect, source)
            if box is None:
                remarks = ((Remark.USUAL_BOX, ''),)
        face = VOCObject(face, box or tuple(_SIDE * x for x in _USUAL_BOX))
    if votes.get(own_label):
        votes[own_label] += fer2013_votes
    return LabelledImage(
        image_id=os.path.splitext(name)[0],
        source=source,
        splits=(split,),
        faces=(face,),
        size=(_SIDE, _SIDE),
        remarks=remarks,
        votes={each: _heard(votes.get(each, 0)) for each in classes},
    )


def _votes_of(row: _Row) -> dict[str, int]:
    """The votes for each expression, and for there being none."""
    try:
        return {
            FERPLUS_COLUMNS.get(column, column): int(row[column])
            for column in _COLUMNS
        }
    except ValueError:
        raise InputError(
            f'{_VOTES}: {shown([row["Image name"]])} has votes that are no '
            'whole numbers; take the file as it is published'
        ) from None


def _heard(count: int) -> int:
    """The votes that count: one that stands alone is an outlier."""
    return count if count > 1 else 0


def _label_of(
    votes: Mapping[str, int], classes: tuple[str, ...]
) -> str | SkippedFace:
    """The class with most votes, or why there is none."""
    most = _heard(max(votes.values()))
    first = [name for name, count in votes.items() if count == most]
    if most == 0 or len(first) > 1:
        return SkippedFace(Skipped.TIE, '' if most == 0 else ', '.join(first))
    (label,) = first
    if label in _NO_EXPRESSION:
        return SkippedFace(_NO_EXPRESSION[label], '')
    if label not in classes:
        return SkippedFace(Skipped.UNKNOWN_LABEL, label)
    return label


def _find_face(detect: DetectFaces, source: Path | EncodedImage) -> Box | None:
    """The largest face of a picture, which nearly fills it.

    Detectors want faces larger than this, and with something around them.
    """
    if isinstance(source, Path):
        pixels = decode_image(source)
    else:
        pixels = decode_bytes(source.content)
    if pixels is None:
        return None  # which the writer sees, too
    side, margin, grey = 128, 32, (114, 114, 114)
    enlarged = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_CUBIC)
    padded = cv2.copyMakeBorder(
        enlarged, *[margin] * 4, cv2.BORDER_CONSTANT, value=grey
    )
    boxes = detect(padded)
    if not boxes:
        return None
    return tuple((edge - margin) * _SIDE / side for edge in boxes[0])
