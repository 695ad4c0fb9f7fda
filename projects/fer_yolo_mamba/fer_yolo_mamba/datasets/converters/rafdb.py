"""Reads RAF-DB (basic expressions) as its authors distribute it.

Li, Deng, Du: Reliable crowdsourcing and deep locality-preserving learning for
expression recognition in the wild, CVPR 2017.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from ...errors import InputError
from ...expressions import EXPRESSIONS, RAFDB_LABELS
from ...inputs import MOST_TEXT, quoted, read_lines, read_text
from .records import (
    ImageStream,
    LabelledImage,
    Remark,
    Skipped,
    SkippedFace,
    expression_of,
    labels_among,
    make_face,
    numbers_of,
)
from .release import UNPACK, Release, file_in, image_in

_LABELS = 'list_patition_label.txt'  # so spelt
_SPLITS = ('train', 'test')
_LANDMARK_NUMBERS = 10  # x and y of five landmarks, before the attributes

# Meaning of the numbers that end each file of `Annotation/manual`.
_ATTRIBUTES = {
    'gender': {'0': 'male', '1': 'female', '2': 'unsure'},
    'race': {'0': 'Caucasian', '1': 'African-American', '2': 'Asian'},
    'age': {'0': '0-3', '1': '4-19', '2': '20-39', '3': '40-69', '4': '70+'},
}


def read_rafdb(
    release: str | os.PathLike, classes: Sequence[str] = EXPRESSIONS
) -> ImageStream:
    """Reads the release: 12,271 images to train and 3,068 to test.

    >>> write_voc_set(read_rafdb('downloads/RAF-DB'), 'data/rafdb')

    Args:
        release: Folder that holds `EmoLabel/list_patition_label.txt`,
            `Image/original/`, `Annotation/boundingbox/` and, where gender,
            race and age are wanted, `Annotation/manual/`, each zipped or
            unpacked.
        classes: The classes.

    Returns:
        The images, with the splits `train` and `test`.

    Raises:
        InputError: A part of the release is missing or damaged.
    """
    root = Release(release)
    rows = _read_labels(root.folder('EmoLabel') / _LABELS)
    labels = labels_among(RAFDB_LABELS, classes)
    images = root.folder('original')
    boxes = root.folder('boundingbox')
    attributes = root.find_folder('manual')
    return ImageStream(
        images=(
            _read_image(
                name,
                label,
                expression_of(label, labels),
                images,
                boxes,
                attributes,
            )
            for name, label in rows
        ),
        total=len(rows),
        origin={'format': 'RAF-DB', 'release': str(root.path)},
        classes=tuple(classes),
    )


def _read_labels(path: Path) -> list[tuple[str, str]]:
    """Names of the images and their labels as written."""
    labels = []
    for number, line in enumerate(read_lines(path, UNPACK, MOST_TEXT), start=1):
        name, _, label = line.strip().rpartition(' ')
        if name and name.split('_')[0] in _SPLITS:
            labels.append((name, label))
        elif line.strip():
            raise InputError(
                f'{path}: line {number} is {quoted(line.strip())}, where '
                '"train_00001.jpg 5" or the like should be; unpack the '
                'release again'
            )
    return labels


def _read_image(
    name: str,
    label: str,
    expression: str | None,
    images: Path,
    boxes: Path,
    attributes: Path | None,
) -> LabelledImage:
    stem = os.path.splitext(name)[0]
    facts = _read_attributes(attributes, stem)
    box = _read_words(boxes, f'{stem}_boundingbox.txt')
    face = make_face(
        expression, label, numbers_of(box), ' '.join(box), attributes=facts
    )
    if expression and not box:
        face = SkippedFace(Skipped.NO_BOX, '')
    remarks = () if facts else ((Remark.NO_ATTRIBUTES, ''),)
    split = name.split('_')[0]
    return image_in(images, name, split, faces=(face,), remarks=remarks)


def _read_attributes(folder: Path | None, stem: str) -> dict[str, str]:
    """Gender, race and age; nothing where the file lacks one of them."""
    words = folder and _read_words(folder, f'{stem}_manu_attri.txt')
    codes = (words or [])[_LANDMARK_NUMBERS:]
    if len(codes) != len(_ATTRIBUTES):
        return {}
    facts = {
        name: meanings.get(code)
        for (name, meanings), code in zip(
            _ATTRIBUTES.items(), codes, strict=True
        )
    }
    return {} if None in facts.values() else facts


def _read_words(folder: Path, name: str) -> list[str]:
    """The words of a small text file, none where there is no such file."""
    path = file_in(folder, name)
    if path is Skipped.NO_IMAGE:
        return []
    return read_text(path, UNPACK).split()
