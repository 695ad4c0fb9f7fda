"""Reads ExpW, Expression in the Wild.

Zhang, Luo, Loy, Tang: From facial expression recognition to interpersonal
relation prediction, IJCV 2018.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import InputError
from ...expressions import EXPRESSIONS, EXPW_LABELS
from ...inputs import MOST_TEXT, quoted, read_lines
from ..voc_xml import VOCObject
from .records import (
    ImageStream,
    SkippedFace,
    expression_of,
    hold_out,
    labels_among,
    make_face,
    numbers_of,
)
from .release import UNPACK, Release, image_in

_COLUMNS = 'name face_id top left right bottom confidence label'


def read_expw(
    release: str | os.PathLike,
    test_fraction: float = 0.1,
    seed: int = 0,
    classes: Sequence[str] = EXPRESSIONS,
) -> ImageStream:
    """Reads the release, in which an image may have several labelled faces.

    ExpW has no split of its own: a share of the images, the same of each
    class, is drawn as `test`. The confidence of the release's face detector
    becomes the attribute `confidence`.

    >>> write_voc_set(read_expw('downloads/ExpW'), 'data/expw')

    Args:
        release: Folder that holds `label/label.lst` and `image/origin/`, the
            images zipped or unpacked.
        test_fraction: Share of the images to put into `test`, from 0 to 1.
        seed: Draws another split.
        classes: The classes.

    Returns:
        The images, with the splits `train` and `test`.

    Raises:
        InputError: A part of the release is missing or damaged, or the
            fraction is none.
    """
    if not 0 <= test_fraction < 1:
        raise InputError(
            f'test_fraction: {test_fraction} is no share; choose 0 or more '
            'and less than 1'
        )
    root = Release(release)
    rows = _read_rows(root.folder('label') / 'label.lst')
    images = root.folder('origin')
    counts = {
        name: Counter(row[-1] for row in faces) for name, faces in rows.items()
    }
    test = hold_out(counts, test_fraction, seed)
    labels = labels_among(EXPW_LABELS, classes)
    return ImageStream(
        images=(
            image_in(
                images,
                name,
                'test' if name in test else 'train',
                faces=tuple(_read_face(face, labels) for face in faces),
            )
            for name, faces in rows.items()
        ),
        total=len(rows),
        origin={
            'format': 'ExpW',
            'release': str(root.path),
            'test_fraction': test_fraction,
            'seed': seed,
        },
        classes=tuple(classes),
    )


def _read_rows(path: Path) -> dict[str, list[list[str]]]:
    """The further columns of the rows of each image."""
    rows: dict[str, list[list[str]]] = {}
    further = len(_COLUMNS.split()) - 1
    for number, line in enumerate(read_lines(path, UNPACK, MOST_TEXT), start=1):
        name, *row = line.strip().rsplit(maxsplit=further) or ['']
        if len(row) == further:
            rows.setdefault(name, []).append(row)
        elif name:
            raise InputError(
                f'{path}: line {number} is {quoted(line.strip())}, where '
                f'"{_COLUMNS}" should be; unpack the release again'
            )
    return rows


def _read_face(
    row: list[str], labels: Mapping[int, str]
) -> VOCObject | SkippedFace:
    _, top, left, right, bottom, confidence, label = row
    corners = (left, top, right, bottom)
    return make_face(
        expression_of(label, labels),
        label,
        numbers_of(corners),
        ' '.join(corners),
        attributes={'confidence': confidence},
    )
