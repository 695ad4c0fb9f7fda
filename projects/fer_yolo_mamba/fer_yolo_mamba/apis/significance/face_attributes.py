"""What the annotations say about the faces of a dump of predictions."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from ...datasets import VOCObject, read_voc_xml
from ...errors import InputError
from ...evaluation import ImageRecord
from ...evaluation.stored_predictions import StoredPredictions

_IMAGES = 'JPEGImages'
# Sets that count pixels from 1 are read one pixel further up and left.
_PIXELS = 1.01


def read_face_attributes(
    predictions: StoredPredictions, data_root: str | os.PathLike
) -> list[list[Mapping[str, str]]]:
    """Looks up the attributes of each face.

    >>> predictions = StoredPredictions.read('predictions.json')
    >>> read_face_attributes(predictions, 'data/rafdb')[0]
    [{'gender': 'female', 'race': 'Asian', 'age': '20-39'}]

    Args:
        predictions: Of a test on a split of the set.
        data_root: The set in VOC layout.

    Returns:
        For each image the attributes of each face, in the order of the
        ground truth.

    Raises:
        InputError: An annotation is missing or damaged, or holds other faces
            than the dump.
    """
    annotations = Path(data_root) / 'Annotations'
    found = []
    for image, record in zip(
        predictions.image_paths, predictions.records, strict=True
    ):
        path = annotations / f'{_image_id(image)}.xml'
        faces = read_voc_xml(path).objects
        if not _same_boxes(record, faces):
            raise InputError(
                f'{path}: has other faces than {predictions.path} holds for '
                f'{image}; name the data set that was tested, as it was then'
            )
        found.append([face.attributes for face in faces])
    return found


def _image_id(path: str) -> str:
    """Where an image lies below the folder of the images, without suffix."""
    parts = PurePosixPath(path).with_suffix('').parts
    below = parts[-parts[::-1].index(_IMAGES) :] if _IMAGES in parts else ()
    return '/'.join(below or parts[-1:])


def _same_boxes(record: ImageRecord, faces: tuple[VOCObject, ...]) -> bool:
    boxes = np.array([face.bbox for face in faces], float).reshape(-1, 4)
    return len(boxes) == len(record.gt_boxes) and bool(
        (abs(boxes - record.gt_boxes) < _PIXELS).all()
    )
