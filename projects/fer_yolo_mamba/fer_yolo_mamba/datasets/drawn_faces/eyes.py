"""Draws eyes, brows and the lines around them."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .colours import BLACK, WHITE, mix
from .curves import ellipse, moved, open_curve
from .face_parameters import FaceParameters

_UPPER, _LOWER = 0.155, 0.095
BROW_HEIGHT = 0.27


def draw_eyes(canvas: Canvas, face: FaceParameters) -> None:
    """Draws both eyes, with glasses if any."""
    for side in (-1, 1):
        _draw_eye(canvas, face, side)
    if face.identity.glasses:
        _draw_glasses(canvas, face)


def draw_brows(canvas: Canvas, face: FaceParameters) -> None:
    """Draws both brows."""
    for side in (-1, 1):
        _draw_brow(canvas, face, side)


def _lids(face: FaceParameters, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower lid from the inner corner to the outer, (N, 2) each."""
    who, act = face.identity, face.actions
    t = np.linspace(0, 1, 17)
    bow = np.sin(np.pi * t) ** 0.75
    x = side * (who.eye_gap + who.eye_width * (2 * t - 1))
    tilt = act.lid_slant * (t - 0.3)
    upper = max(_UPPER + act.upper_lid, 0.012) * bow - tilt * (0.4 + bow)
    lower = max(_LOWER - act.lower_lid, 0.008) * bow + 0.4 * tilt
    lower = np.maximum(lower, -upper + 0.015 * bow)
    return (
        np.stack([x, who.eye_height - upper], axis=1),
        np.stack([x, who.eye_height + lower], axis=1),
    )


def _draw_eye(canvas: Canvas, face: FaceParameters, side: int) -> None:
    who, act = face.identity, face.actions
    upper, lower = _lids(face, side)
    opening = np.vstack([upper, lower[::-1]])
    crease = moved(upper[2:-1], 0, -0.045)
    canvas.glow(moved(opening, 0, -0.03), who.shade, 0.55, 0.05)
    canvas.stroke(crease, who.line, 0.018)
    with canvas.clip(opening) as eye:
        eye.fill(opening, WHITE)
        x, y = side * who.eye_gap, who.eye_height - 0.012
        eye.fill(ellipse(x, y, 0.122, 0.122), mix(who.iris, BLACK, 0.6))
        eye.fill(ellipse(x, y, 0.104, 0.104), who.iris)
        eye.fill(ellipse(x, y + 0.03, 0.05, 0.04), mix(who.iris, WHITE, 0.3))
        eye.fill(ellipse(x, y, 0.056, 0.056), BLACK)
        eye.glow(moved(upper, 0, 0.01), BLACK, 0.5, 0.03)
        eye.fill(ellipse(x - 0.032, y - 0.035, 0.022, 0.022), WHITE)
    canvas.stroke(lower, who.line, 0.016)
    canvas.stroke(upper, mix(BLACK, who.skin, 0.08), 0.042, 0.5)
    if act.cheek > 0.15:
        _draw_crows_feet(canvas, face, side)


def _draw_crows_feet(canvas: Canvas, face: FaceParameters, side: int) -> None:
    who, act = face.identity, face.actions
    x, y = who.eye_gap + 0.95 * who.eye_width, who.eye_height
    for rise in (-0.05, 0.0, 0.05):
        line = [
            (x + 0.03, y + rise),
            (x + 0.03 + 0.07 * act.cheek, y + 2 * rise),
        ]
        canvas.stroke(np.array(line) * (side, 1), who.line, 0.014)
    bag = [
        (who.eye_gap - 0.14, y + 0.11),
        (who.eye_gap, y + 0.145),
        (who.eye_gap + 0.15, y + 0.1),
    ]
    canvas.stroke(open_curve(bag) * (side, 1), who.line, 0.016 * act.cheek)


def _draw_brow(canvas: Canvas, face: FaceParameters, side: int) -> None:
    who, act = face.identity, face.actions
    base = who.eye_height - BROW_HEIGHT
    inner = who.eye_gap - 0.9 * who.eye_width - act.brow_together
    outer = who.eye_gap + 1.2 * who.eye_width - 0.3 * act.brow_together
    middle = (inner + outer) / 2
    lift = 0.45 * act.inner_brow + 0.55 * act.outer_brow
    curve = open_curve(
        [
            (inner, base - 0.02 - act.inner_brow),
            (middle, base - 0.045 - lift - act.brow_arch),
            (outer, base + 0.04 - act.outer_brow),
        ]
    )
    t = np.linspace(0, 1, len(curve))
    brow = mix(who.hair_colour, BLACK, 0.6)
    # Thickest at a third of its length, thinnest at its outer end.
    shape = (0.55 + 2.2 * t) * (1 - t) + 0.2
    half = shape * who.brow_thickness / 2
    body = np.vstack(
        [
            curve - np.stack([0 * half, half], 1),
            (curve + np.stack([0 * half, half], 1))[::-1],
        ]
    )
    canvas.fill(body * (side, 1), brow)


def _draw_glasses(canvas: Canvas, face: FaceParameters) -> None:
    who = face.identity
    frame = mix(BLACK, who.cloth, 0.25)
    y = who.eye_height + 0.02
    for side in (-1, 1):
        rim = ellipse(side * who.eye_gap, y, 0.27, 0.235)
        canvas.stroke(np.vstack([rim, rim[:1]]), frame, 0.032, 0.0)
        temple = [(who.eye_gap + 0.265, y - 0.04), (who.head_width, y - 0.07)]
        canvas.stroke(np.array(temple) * (side, 1), frame, 0.03, 0.0)
    reach = who.eye_gap - 0.265
    bridge = open_curve([(-reach, y - 0.03), (0, y - 0.07), (reach, y - 0.03)])
    canvas.stroke(bridge, frame, 0.03, 0.0)
