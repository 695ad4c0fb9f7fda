"""Draws one person: head, features, hair, neck and clothes."""

import math

import cv2
import numpy as np

from .canvas import (
    BLACK,
    BLUSH,
    GOLD,
    WHITE,
    Canvas,
    both_sides,
    ellipse,
    mirrored,
    mix,
    open_curve,
)
from .features import (
    draw_brows,
    draw_eyes,
    draw_forehead_lines,
    draw_mouth,
    draw_nose,
)
from .hair import draw_back_hair, draw_beard, draw_front_hair
from .parameters import FaceParameters, HeadPose

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
    _draw_body(_canvas(image, pose.body()), face)

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


def draw_head(canvas: Canvas, face: FaceParameters) -> None:
    """Draws ears and skin with its shading."""
    who, cheek = face.identity, face.actions.cheek
    if not who.hair.covers_ears:
        for side in (-1, 1):
            x = side * (who.head_width + 0.02)
            canvas.oval(x, 0.06, 0.12, 0.2, who.skin)
            canvas.oval(x, 0.07, 0.065, 0.12, who.shade)
            if who.earrings:
                canvas.oval(x, 0.31, 0.045, 0.045, GOLD)
    outline = face.outline()
    canvas.fill(outline, who.skin)
    with canvas.clip(outline) as skin:
        far = 1 if face.light < 0.5 else -1
        lit = outline * (1.0, 1.05) + (-0.28 * far, -0.1)
        dark = np.vstack([outline, outline[:1], lit[::-1], lit[-1:]])
        skin.glow(dark, who.shade, 0.85, 0.12)
        skin.glow(ellipse(-0.25 * far, -0.55, 0.3, 0.2), WHITE, 0.22, 0.2)
        blush = mix(who.skin, BLUSH, 0.5)
        for side in (-1, 1):
            spot = ellipse(side * 0.45, 0.27 - 0.05 * cheek, 0.19, 0.13)
            skin.glow(spot, blush, 0.2 + 0.25 * cheek, 0.14)
    if who.freckles:
        for x, y in ((0.3, 0.2), (0.38, 0.15), (0.44, 0.22), (0.36, 0.27)):
            for side in (-1, 1):
                canvas.fill(ellipse(side * x, y, 0.014, 0.014, 8), who.shade)


def _draw_body(canvas: Canvas, face: FaceParameters) -> None:
    """Draws everything below the head."""
    who = face.identity
    neck = 0.6 * who.jaw_width + 0.02
    leg = [(0.08, 4.5), (1.05, 4.5), (0.85, 9.0), (0.2, 9.0)]
    arm = open_curve(
        [(0.9, 1.42), (1.32, 1.75), (1.5, 3), (1.5, 4.3), (1.22, 4.35), (1, 2)]
    )
    for a_leg, an_arm in zip(both_sides(leg), both_sides(arm), strict=True):
        canvas.fill(a_leg, mix(BLACK, who.cloth, 0.2))
        canvas.fill(an_arm, mix(who.cloth, BLACK, 0.35))
    shoulder = [(neck, 1.16), (neck + 0.3, 1.29), (1.1, 1.5), (1.25, 2.0)]
    flank = open_curve([*shoulder, (1.1, 3.2), (1.12, 4.7)])
    canvas.fill(np.vstack([flank, mirrored(flank)]), who.cloth)
    throat = np.array(
        [(-neck, 0.5), (neck, 0.5), (neck, 1.22), (0, 1.55), (-neck, 1.22)]
    )
    canvas.fill(throat, who.skin)
    with canvas.clip(throat) as skin:
        skin.glow(ellipse(0, 0.95, neck + 0.1, 0.3), who.shade, 1.0, 0.1)
    collar = [(neck, 1.12), (0.05, 1.6), (neck + 0.05, 1.62)]
    for half in both_sides([*collar, (neck + 0.22, 1.22)]):
        canvas.fill(half, mix(who.cloth, WHITE, 0.3))
