"""Draws the head, the nose and the lines that movements leave on the skin."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .colours import BLUSH, GOLD, WHITE, mix
from .curves import ellipse, open_curve
from .eyes import BROW_HEIGHT
from .face_parameters import FaceParameters


def draw_head(canvas: Canvas, face: FaceParameters) -> None:
    """Draws ears and skin with its shading."""
    who, act = face.identity, face.actions
    if not who.hair.covers_ears:
        _draw_ears(canvas, face)
    outline = face.outline()
    canvas.fill(outline, who.skin)
    with canvas.clip(outline) as skin:
        far = 1 if face.light < 0.5 else -1
        lit = outline * (1.0, 1.05) + (-0.28 * far, -0.1)
        skin.glow(
            np.vstack([outline, outline[:1], lit[::-1], lit[-1:]]),
            who.shade,
            0.85,
            0.12,
        )
        skin.glow(ellipse(-0.25 * far, -0.55, 0.3, 0.2), WHITE, 0.22, 0.2)
        for side in (-1, 1):
            cheek = ellipse(side * 0.45, 0.27 - 0.05 * act.cheek, 0.19, 0.13)
            blush = 0.2 + 0.25 * act.cheek
            skin.glow(cheek, mix(who.skin, BLUSH, 0.5), blush, 0.14)
    if who.freckles:
        for x, y in ((0.3, 0.2), (0.38, 0.15), (0.44, 0.22), (0.36, 0.27)):
            for side in (-1, 1):
                canvas.fill(ellipse(side * x, y, 0.014, 0.014, 8), who.shade)


def _draw_ears(canvas: Canvas, face: FaceParameters) -> None:
    who = face.identity
    for side in (-1, 1):
        x = side * (who.head_width + 0.02)
        canvas.fill(ellipse(x, 0.06, 0.12, 0.2), who.skin)
        canvas.fill(ellipse(x, 0.07, 0.065, 0.12), who.shade)
        if who.earrings:
            canvas.fill(ellipse(x, 0.31, 0.045, 0.045), GOLD)


def draw_nose(canvas: Canvas, face: FaceParameters) -> None:
    """Draws the nose, wrinkled where the face asks for it."""
    who, act = face.identity, face.actions
    wrinkle = float(np.clip(act.nose_wrinkle, 0, 1))
    wide = who.nose_width * (1 + 0.3 * wrinkle)
    top = who.eye_height
    y = top + who.nose_length - 0.05 * wrinkle
    far = 1 if face.light < 0.5 else -1
    side = open_curve(
        [(0.05, top), (0.06, top + 0.12), (wide, y), (0, y + 0.03)]
    )
    bridge = np.vstack([side, [(0.0, top)]])
    canvas.glow(bridge * (far, 1), who.shade, 0.9, 0.045)
    canvas.glow(ellipse(-0.02 * far, y - 0.06, 0.04, 0.05), WHITE, 0.35, 0.04)
    tip = [
        (-wide, y - 0.03),
        (-0.75 * wide, y + 0.03),
        (-0.3 * wide, y + 0.02),
        (0, y + 0.045),
        (0.3 * wide, y + 0.02),
        (0.75 * wide, y + 0.03),
        (wide, y - 0.03),
    ]
    canvas.stroke(open_curve(tip), who.line, 0.03)
    if wrinkle > 0.2:
        for k, rise in enumerate((0.0, 0.06, 0.12)):
            reach = 0.06 + 0.012 * k
            line = [
                (-reach, top + rise - 0.02),
                (0, top + rise),
                (reach, top + rise - 0.02),
            ]
            canvas.stroke(open_curve(line), who.line, 0.024 * wrinkle)
        for mirror in (-1, 1):
            flare = [(0.07, top + 0.1), (0.12, top + 0.16), (0.15, top + 0.24)]
            flare = open_curve(flare) * (mirror, 1)
            canvas.stroke(flare, who.line, 0.02 * wrinkle)


def draw_forehead_lines(canvas: Canvas, face: FaceParameters) -> None:
    """Draws furrows above and between the brows."""
    who, act = face.identity, face.actions
    brow = who.eye_height - BROW_HEIGHT
    if act.frown_lines > 0.2:
        for side in (-1, 1):
            line = [(0.05, brow + 0.1), (0.045, brow), (0.06, brow - 0.07)]
            canvas.stroke(
                open_curve(line) * (side, 1),
                who.line,
                0.026 * min(act.frown_lines, 1),
            )
    if act.forehead_lines > 0.2:
        lift = max(act.inner_brow, act.outer_brow)
        for k in range(2):
            y = brow - 0.13 - lift - 0.075 * k
            reach = 0.3 - 0.06 * k
            line = [(-reach, y + 0.02), (0, y - 0.01), (reach, y + 0.02)]
            canvas.stroke(
                open_curve(line), who.line, 0.016 * min(act.forehead_lines, 1)
            )
