"""Draws one person: head, features, hair or hat, beard, neck and clothes."""

import cv2
import numpy as np

from .canvas import (
    Canvas,
    both_sides,
    closed_curve,
    ellipse,
    lowered,
    mirrored,
    open_curve,
    window,
)
from .colours import BLACK, BLUSH, GOLD, WHITE, Colour, mix
from .features import (
    draw_brows,
    draw_eyes,
    draw_forehead_lines,
    draw_mouth,
    draw_nose,
)
from .parameters import FaceParameters, HeadPose

# The part of the picture drawn enlarged, in half head heights from the centre.
_DRAWN_LARGE = np.array([(-1.4, -1.7), (1.4, 1.35)])
_DETAIL = 120


def draw_face(face: FaceParameters, image: np.ndarray) -> None:
    """Draws a person with neck and shoulders into a picture.

    Args:
        face: what is drawn, and where.
        image: (H, W, 3) uint8, BGR, drawn on in place; what lies outside it
            is cut off.
    """
    pose = face.pose
    _draw_back_hair(_canvas(image, pose), face)
    _draw_body(_canvas(image, pose.body()), face)

    corners = _DRAWN_LARGE * pose.radius + (pose.x, pose.y)
    region, corner = window(image, corners)
    if region.size == 0:
        return
    # Enlarging by whole steps and averaging back leaves the rest untouched.
    fine = max(1, round(_DETAIL / pose.radius))
    small = (region.shape[1], region.shape[0])
    large = (fine * small[0], fine * small[1])
    big = cv2.resize(region, large, interpolation=cv2.INTER_NEAREST)
    head = _canvas(big, pose, corner, fine)
    draw_head(head, face)
    draw_nose(head, face)
    _draw_beard(head, face)
    draw_mouth(head, face)
    draw_forehead_lines(head, face)
    draw_eyes(head, face)
    _draw_front_hair(head, face)
    # Raised brows would vanish under a fringe, and much of their sense with
    # them: as in comics, they show on top of it.
    draw_brows(head, face)
    region[:] = cv2.resize(big, small, interpolation=cv2.INTER_AREA)


def _canvas(
    image: np.ndarray, pose: HeadPose, corner=(0, 0), fine: int = 1
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


def _draw_back_hair(canvas: Canvas, face: FaceParameters) -> None:
    """Draws what hangs behind the head or stands on top of it."""
    style, width = face.identity.hair, face.identity.head_width
    shade = mix(_hair_colour(face), BLACK, 0.28)
    if style.fall is not None:
        reach = width + style.volume
        half = [
            (0.9 * reach, -0.55),
            (reach + 0.04, 0.0),
            (reach + 0.06, 0.6 * style.fall),
            (0.85 * reach, style.fall),
        ]
        ends = (0, -0.9), (0, style.fall + 0.02)
        outline = np.vstack([ends[0], half, ends[1], mirrored(half)])
        canvas.fill(closed_curve(outline), shade)
    if style.bun:
        y = -1.0 - 0.6 * style.bun
        canvas.oval(0, y, style.bun, 0.85 * style.bun, _hair_colour(face))
        knot = [(-0.6 * style.bun, y), (0, y - 0.1), (0.6 * style.bun, y)]
        canvas.stroke(open_curve(knot), shade, 0.03)
    if style.curls:
        for angle in np.linspace(-0.12 * np.pi, 1.12 * np.pi, style.curls):
            x = (width + 0.5 * style.volume) * np.cos(angle)
            y = -0.28 - (0.72 + 0.5 * style.volume) * np.sin(angle)
            canvas.fill(ellipse(x, y, 0.2, 0.2, 20), shade)
        if style.fall is not None:
            for side in (-1, 1):
                for y in np.linspace(-0.1, style.fall, 4):
                    x = side * (width + style.volume)
                    canvas.fill(ellipse(x, y, 0.2, 0.2, 20), shade)


def _draw_front_hair(canvas: Canvas, face: FaceParameters) -> None:
    """Draws the hair on the skull down to the hairline."""
    who, style = face.identity, face.identity.hair
    if not style.hairline:
        canvas.glow(ellipse(-0.2, -0.8, 0.22, 0.08), WHITE, 0.3, 0.08)
        return
    colour = _hair_colour(face)
    skull, hairline = _skull(face), _hairline(face)
    shape = np.vstack([skull, hairline[::-1]])
    edge = hairline[6:-6]
    shadow = np.vstack([edge, lowered(edge[::-1], 0.07)])
    canvas.glow(shadow, who.shade, 0.9, 0.05)
    canvas.fill(shape, colour)
    if style.curls:
        for x, y in hairline[8:-8:5]:
            canvas.fill(ellipse(x, y - 0.1, 0.13, 0.13, 20), colour)
        for x, y in skull[4:-4:4] * 0.9:
            canvas.fill(ellipse(x, y, 0.15, 0.15, 20), colour)
    with canvas.clip(shape) as inside:
        shine = ellipse(-0.3, -0.92, 0.32, 0.09)
        inside.glow(shine, mix(colour, WHITE, 0.45), 0.6, 0.1)
        if not style.cloth:
            _draw_strands(inside, colour, skull, hairline)
    if style.band:
        lower = hairline[4:-4]
        band = np.vstack([lower, (lower - (0, style.band))[::-1]])
        canvas.fill(band, mix(colour, WHITE, 0.35))
        canvas.stroke(lower, mix(colour, BLACK, 0.3), 0.03)


def _draw_beard(canvas: Canvas, face: FaceParameters) -> None:
    """Draws a beard under the mouth and a moustache above it."""
    who = face.identity
    colour = mix(who.hair_colour, BLACK, 0.15)
    if who.beard:
        low = face.outline()
        low = low[low[:, 1] > 0.2]
        low = low[np.argsort(np.arctan2(low[:, 0], low[:, 1]))]
        half = [
            (0.24, 0.74 + face.actions.jaw_drop),
            (0.78 * who.jaw_width, 0.5),
            (0.92 * who.head_width, 0.22),
        ]
        inner = open_curve(np.vstack([mirrored(half), half]))
        shape = np.vstack([low * (1.0, 1.0 + 0.06 * who.beard), inner[::-1]])
        canvas.glow(shape, colour, 0.55 + 0.4 * who.beard, 0.03)
    if who.moustache:
        y = who.eye_height + who.nose_length + 0.09
        y -= 0.4 * max(face.actions.upper_lip, 0)
        half = [(0, y - 0.03), (0.14, y - 0.01), (0.26, y + 0.08)]
        for curve in both_sides(open_curve(half)):
            canvas.stroke(curve, colour, 0.085, 0.75)


def _hair_colour(face: FaceParameters) -> Colour:
    who = face.identity
    return mix(who.cloth, WHITE, 0.15) if who.hair.cloth else who.hair_colour


def _skull(face: FaceParameters) -> np.ndarray:
    """The outer edge of the hair, from the left side to the right."""
    width, style = face.identity.head_width, face.identity.hair
    reach = width + 0.7 * style.volume
    top = -1 - style.volume
    half = [
        (0.6 * reach, 0.9 * top),
        (0.95 * reach, 0.55 * top),
        (1.02 * reach, -0.15),
        (0.97 * width, style.sides),
    ]
    return open_curve(np.vstack([mirrored(half), (0, top), half]))


def _hairline(face: FaceParameters) -> np.ndarray:
    """The edge of the hair on the face, from the left side to the right."""
    width, style = face.identity.head_width, face.identity.hair
    x, y = np.array(style.hairline)
    end = 0.97 * width, style.sides
    return open_curve(
        np.vstack([mirrored([end]), np.stack([x * width, y], 1), end])
    )


def _draw_strands(
    canvas: Canvas, colour: Colour, skull: np.ndarray, hairline: np.ndarray
) -> None:
    dark, bright = mix(colour, BLACK, 0.3), mix(colour, WHITE, 0.16)
    for k, share in enumerate(np.linspace(0.12, 0.88, 9)):
        start = skull[round(share * (len(skull) - 1))]
        end = hairline[round(share * (len(hairline) - 1))]
        bend = (start + end) / 2 + (0.05 * np.sign(start[0]), -0.03)
        curve = open_curve([start, bend, end])
        canvas.stroke(curve, dark if k % 2 else bright, 0.02)
