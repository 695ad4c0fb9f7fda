"""Draws hair, hats and scarves, beards and moustaches."""

import numpy as np

from .canvas import (
    BLACK,
    WHITE,
    Canvas,
    Colour,
    both_sides,
    closed_curve,
    ellipse,
    lowered,
    mirrored,
    mix,
    open_curve,
)
from .parameters import FaceParameters


def draw_back_hair(canvas: Canvas, face: FaceParameters) -> None:
    """Draws what hangs behind the head or stands on top of it."""
    style, width = face.identity.hair, face.identity.head_width
    shade = mix(_colour(face), BLACK, 0.28)
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
        canvas.oval(0, y, style.bun, 0.85 * style.bun, _colour(face))
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


def draw_front_hair(canvas: Canvas, face: FaceParameters) -> None:
    """Draws the hair on the skull down to the hairline."""
    who, style = face.identity, face.identity.hair
    if not style.hairline:
        canvas.glow(ellipse(-0.2, -0.8, 0.22, 0.08), WHITE, 0.3, 0.08)
        return
    colour = _colour(face)
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


def draw_beard(canvas: Canvas, face: FaceParameters) -> None:
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


def _colour(face: FaceParameters) -> Colour:
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
