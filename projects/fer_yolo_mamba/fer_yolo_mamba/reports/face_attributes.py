"""What the annotations say about the faces of a dump of predictions."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..datasets import VOCObject, read_voc_xml
from ..datasets.splits import ANNOTATIONS
from ..errors import InputError
from ..evaluation import Predictions

# Sets that count pixels from 1 are read one pixel further up and left.
_PIXELS = 1.01


def read_face_attributes(
    predictions: Predictions, data_root: str | os.PathLike
) -> list[list[Mapping[str, str]]]:
    """Looks up the attributes of each face.

    >>> predictions = Predictions.read('predictions.json')
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
    annotations = Path(data_root) / ANNOTATIONS
    found = []
    for image in predictions.images:
        path = annotations / f'{image.image_id}.xml'
        faces = read_voc_xml(path).objects
        order = _same_faces(image.gt_boxes, faces)
        if order is None:
            raise InputError(
                f'{path}: has other faces than the test has in {image.path}; '
                'name the data set that was tested, as it was then'
            )
        found.append([faces[index].attributes for index in order])
    return found


def _same_faces(
    tested: np.ndarray, faces: tuple[VOCObject, ...]
) -> np.ndarray | None:
    """Which face each tested box is, None if they are not the same faces."""
    if len(tested) != len(faces):
        return None
    boxes = np.array([face.bbox for face in faces], float).reshape(-1, 4)
    distance = abs(tested[:, None] - boxes).max(axis=2)
    rows, order = linear_sum_assignment(distance)
    return order if (distance[rows, order] < _PIXELS).all() else None
