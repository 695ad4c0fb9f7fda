"""Faces that are known, and what detectors say of them."""

from dataclasses import dataclass

import numpy as np

from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.faces import Face
from fer_yolo_mamba.studies.faces.pictures import (
    KnownFace,
    KnownPicture,
    SeenPicture,
)


@dataclass
class FakeResult:
    faces: list[Face]


def face(bbox, expression, score=0.9, **others) -> Face:
    """As a detector gives it; `others` are scores of other expressions."""
    scores = dict.fromkeys(EXPRESSIONS, 0.0) | others | {expression: score}
    return Face(tuple(bbox), expression, score, scores)


def seen(known, *faces, name='a') -> SeenPicture:
    """A picture of faces (bbox, expression[, group]) that was looked at."""
    faces = sorted(faces, key=lambda face: -face.score)
    return SeenPicture(name, tuple(KnownFace(*k) for k in known), tuple(faces))


def known_picture(*expressions, side=48) -> KnownPicture:
    """A grey picture, filled by each of its faces."""
    image = np.full((side, side, 3), 200, np.uint8)
    faces = tuple(KnownFace((0, 0, side, side), x) for x in expressions)
    return KnownPicture('a', image, faces)
