"""Draws pictures of people and says where their faces are."""

from __future__ import annotations

import numpy as np

from ..voc_xml import VOCObject
from .backdrop import draw_backdrop
from .camera import photograph
from .expression_actions import EXPRESSION_ACTIONS
from .face import draw_face
from .face_parameters import FaceParameters
from .head_pose import HeadPose
from .identity import random_identity

#: Share of pictures with no, one, two and three people.
_CROWDS = (0.05, 0.48, 0.37, 0.1)
# Head radii in shares of the picture: the smallest, and the largest when
# there are one, two and three people. Smaller faces would hide their
# expressions from a small network that trains for minutes.
_SMALLEST, _LARGEST = 0.19, (0.36, 0.27, 0.22)
# How near to the left and right, the upper and the lower edge of the picture a
# head may be, in radii: the mouth is never cut off.
_WHOLE, _CUT_OFF = (0.8, 1.0, 1.0), (0.35, 0.55, 0.85)
_CUT = 0.08
_TRIES = 60


def draw_scene(
    rng: np.random.Generator, expressions: tuple[str, ...], size: int
) -> tuple[np.ndarray, tuple[VOCObject, ...]]:
    """Draws one picture.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> image, faces = draw_scene(rng, ('Happy', 'Sad'), 320)

    Args:
        rng: decides everything else.
        expressions: what the first, second, ... face shows; a picture has at
            most as many faces, often fewer, sometimes none.
        size: width and height in pixels.

    Returns:
        The picture (size, size, 3) uint8, BGR, and its faces. A box holds
        the head without hair and ears, as edges from 0 to `size`, and ends
        where the picture ends.
    """
    image = draw_backdrop(rng, size)
    crowd = min(rng.choice(len(_CROWDS), p=_CROWDS), len(expressions))
    people: list[tuple[FaceParameters, VOCObject]] = []
    for expression in expressions[:crowd]:
        poses = [face.pose for face, _ in people]
        pose = _free_place(rng, poses, crowd, size)
        intensity = rng.uniform(0.75, 1.0)
        variants = EXPRESSION_ACTIONS[expression]
        actions = variants[rng.integers(len(variants))].vary(rng, intensity)
        identity = random_identity(rng)
        if pose is None:
            continue
        face = FaceParameters(identity, actions, pose, light=rng.random())
        people.append((face, _annotate(face, expression, intensity, size)))
    # Whose chin is lower stands in front, so that no shoulder hides a face.
    people.sort(key=lambda person: person[0].box()[3])
    for face, _ in people:
        draw_face(face, image)
    return photograph(rng, image), tuple(label for _, label in people)


def _annotate(
    face: FaceParameters, expression: str, intensity: float, size: int
) -> VOCObject:
    whole = face.box()
    box = tuple(round(min(max(edge, 0), size), 2) for edge in whole)
    return VOCObject(
        expression,
        box,
        truncated=min(whole) < 0 or max(whole) > size,
        attributes={'origin': 'drawn', 'intensity': f'{intensity:.2f}'},
    )


def _free_place(
    rng: np.random.Generator, taken: list[HeadPose], crowd: int, size: int
) -> HeadPose | None:
    """A pose whose head covers no other; None if the picture is full."""
    for _ in range(_TRIES):
        largest = _LARGEST[crowd - 1]
        radius = rng.triangular(
            _SMALLEST, 0.4 * _SMALLEST + 0.6 * largest, largest
        )
        whole = rng.random() > _CUT
        aside, above, below = (
            share * radius for share in (_WHOLE if whole else _CUT_OFF)
        )
        x = rng.uniform(aside, 1 - aside)
        y = rng.uniform(above, 1 - below)
        pose = HeadPose(
            x * size,
            y * size,
            radius * size,
            roll=rng.normal(0, 0.13),
            yaw=rng.uniform(-0.35, 0.35),
            pitch=rng.uniform(-0.12, 0.12),
        )
        if all(_apart(pose, other) for other in taken):
            return pose
    return None


def _apart(first: HeadPose, second: HeadPose) -> bool:
    """Whether neither head, with its hair, reaches into the other."""
    aside = 1.08 * (first.radius + second.radius)
    upper, lower = sorted((first, second), key=lambda pose: pose.y)
    below = 1.12 * upper.radius + 1.5 * lower.radius
    return abs(first.x - second.x) > aside or lower.y - upper.y > below
