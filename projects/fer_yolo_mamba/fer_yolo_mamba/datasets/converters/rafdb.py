"""Reads RAF-DB (basic expressions) as its authors distribute it.

Li, Deng, Du: Reliable crowdsourcing and deep locality-preserving learning for
expression recognition in the wild, CVPR 2017.
"""

import os

from ...errors import InputError
from ...expressions import RAFDB_LABELS
from ..voc_xml import VOCObject
from .boxes import parse_numbers
from .fault import Fault
from .folder import Folder
from .image_stream import ImageStream
from .label import expression_of
from .labelled_image import LabelledImage
from .release_folder import ReleaseFolder
from .remark import Remark

_LABELS = 'list_patition_label.txt'  # so spelt
_SPLITS = ('train', 'test')
_LANDMARK_NUMBERS = 10  # x and y of five landmarks, before the attributes

# Meaning of the numbers that end each file of `Annotation/manual`.
_ATTRIBUTES = {
    'gender': {'0': 'male', '1': 'female', '2': 'unsure'},
    'race': {'0': 'Caucasian', '1': 'African-American', '2': 'Asian'},
    'age': {'0': '0-3', '1': '4-19', '2': '20-39', '3': '40-69', '4': '70+'},
}


def read_rafdb(release: str | os.PathLike) -> ImageStream:
    """Reads the release: 12,271 images to train and 3,068 to test.

    >>> write_voc_set(read_rafdb('downloads/RAF-DB'), 'data/rafdb')

    Args:
        release: Folder that holds `EmoLabel/list_patition_label.txt`,
            `Image/original/`, `Annotation/boundingbox/` and, where gender,
            race and age are wanted, `Annotation/manual/`, each zipped or
            unpacked.

    Returns:
        The images, with the splits `train` and `test`.

    Raises:
        InputError: A part of the release is missing or damaged.
    """
    root = ReleaseFolder(release)
    labels = _read_labels(root.folder('EmoLabel'))
    images = root.folder('original')
    boxes = root.folder('boundingbox')
    attributes = root.find_folder('manual')
    return ImageStream(
        images=(
            _read_image(name, label, images, boxes, attributes)
            for name, label in labels
        ),
        total=len(labels),
        origin={'format': 'RAF-DB', 'release': str(root.path)},
    )


def _read_labels(folder: Folder) -> list[tuple[str, str]]:
    """Names of the images and their labels as written."""
    labels = []
    for number, line in enumerate(folder.lines(_LABELS), start=1):
        name, _, label = line.strip().rpartition(' ')
        if name and name.split('_')[0] in _SPLITS:
            labels.append((name, label))
        elif line.strip():
            raise InputError(
                f'{folder}/{_LABELS}: line {number} is {line.strip()!r}, '
                'where "train_00001.jpg 5" or the like should be; unpack the '
                'release again'
            )
    return labels


def _read_image(
    name: str,
    label: str,
    images: Folder,
    boxes: Folder,
    attributes: Folder | None,
) -> LabelledImage:
    stem = os.path.splitext(name)[0]
    faces, faults, remarks = (), (), ()
    expression = expression_of(label, RAFDB_LABELS)
    text = _read_words(boxes, f'{stem}_boundingbox.txt')
    box = None if text is None else parse_numbers(text, 4)
    if expression is None:
        faults = ((Fault.UNKNOWN_LABEL, label),)
    elif text is None:
        faults = ((Fault.NO_BOX, ''),)
    elif box is None:
        faults = ((Fault.BAD_BOX, ' '.join(text)),)
    else:
        facts = _read_attributes(attributes, stem)
        faces = (VOCObject(expression, box, attributes=facts),)
        if not facts:
            remarks = ((Remark.NO_ATTRIBUTES, ''),)
    source = images.find(name)
    return LabelledImage(
        image_id=stem,
        source=source,
        splits=(name.split('_')[0],),
        faces=faces,
        faults=faults if source else ((Fault.NO_IMAGE, ''),),
        remarks=remarks,
    )


def _read_attributes(folder: Folder | None, stem: str) -> dict[str, str]:
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


def _read_words(folder: Folder, name: str) -> list[str] | None:
    """The words of a small text file, None where there is no such file."""
    if folder.find(name) is None:
        return None
    return [word for line in folder.lines(name) for word in line.split()]
