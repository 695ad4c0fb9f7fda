"""Draws one person."""

from __future__ import annotations

import math

import cv2
import numpy as np

from .body import draw_body
from .canvas import Canvas
from .eyes import draw_brows, draw_eyes
from .face_parameters import FaceParameters
from .hair import draw_back_hair, draw_beard, draw_front_hair
from .head import draw_forehead_lines, draw_head, draw_nose
from .head_pose import HeadPose
from .mouth import draw_mouth

# The part of the picture drawn enlarged, in half head heights from the centre.
_ASIDE, _ABOVE, _BELOW = 1.4, 1.7, 1.35
_DETAIL = 120


def draw_face(face: FaceParameters, image: np.ndarray) -> None:
    """Draws a person with neck and shoulders into a picture.

    Args:
        face: what is drawn, and where.
        image: (H, W, 3) uint8, BGR, drawn on in place; what lies outside it
            is cut off.
    """
    pose = face.pose
    draw_back_hair(_canvas(image, pose), face)
    draw_body(_canvas(image, pose.body()), face)

    height, width = image.shape[:2]
    left = max(0, int(pose.x - _ASIDE * pose.radius))
    right = min(width, math.ceil(pose.x + _ASIDE * pose.radius))
    top = max(0, int(pose.y - _ABOVE * pose.radius))
    bottom = min(height, math.ceil(pose.y + _BELOW * pose.radius))
    region = image[top : max(top, bottom), left : max(left, right)]
    if region.size == 0:
        return
    # Enlarging by whole steps and averaging back leaves the rest untouched.
    fine = max(1, round(_DETAIL / pose.radius))
    small = (region.shape[1], region.shape[0])
    large = (fine * small[0], fine * small[1])
    big = cv2.resize(region, large, interpolation=cv2.INTER_NEAREST)
    head = _canvas(big, pose, (left, top), fine)
    draw_head(head, face)
    draw_nose(head, face)
    draw_beard(head, face)
    draw_mouth(head, face)
    draw_forehead_lines(head, face)
    draw_eyes(head, face)
    draw_front_hair(head, face)
    # Raised brows would vanish under a fringe, and much of their sense with
    # them: as in comics, they show on top of it.
    draw_brows(head, face)
    region[:] = cv2.resize(big, small, interpolation=cv2.INTER_AREA)


def _canvas(
    image: np.ndarray,
    pose: HeadPose,
    corner: tuple[int, int] = (0, 0),
    fine: int = 1,
) -> Canvas:
    """A canvas in head coordinates on an enlarged part of the picture."""

    def project(points: np.ndarray) -> np.ndarray:
        return (pose.project(points) - corner) * fine - 0.5

    return Canvas(image, project, pose.radius * fine)
