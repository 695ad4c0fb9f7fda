"""Draws the mouth and the folds around it."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .colours import MOUTH, TEETH, TONGUE, mix
from .curves import ellipse, moved, open_curve
from .face_parameters import FaceParameters

_HEIGHT = 0.53


def draw_mouth(canvas: Canvas, face: FaceParameters) -> None:
    """Draws lips, teeth, tongue, the folds beside them and the chin."""
    who, act = face.identity, face.actions
    upper, lower = _lip_edges(face)
    opening = np.vstack([upper, lower[::-1]])
    _draw_folds(canvas, face, upper)
    _draw_lips(canvas, face, upper, lower)
    gap = float((lower - upper)[:, 1].max())
    if gap > 0.03:
        with canvas.clip(opening) as inside:
            _draw_inside(inside, face, upper, lower)
    dark = mix(who.lips, MOUTH, 0.75)
    canvas.stroke(upper, dark, 0.026, 0.4)
    if gap > 0.03:
        canvas.stroke(lower, dark, 0.018, 0.4)
    if act.mouth_corner < -0.02 or act.lip_press > 0.2:
        for end, sign in ((upper[0], -1), (upper[-1], 1)):
            tick = np.array([end, np.add(end, (0.035 * sign, 0.035))])
            canvas.stroke(tick, who.line, 0.022)


def _lip_edges(face: FaceParameters) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the opening from left to right, (N, 2) each."""
    who, act = face.identity, face.actions
    t = np.linspace(-1, 1, 25)
    width = who.mouth_width + act.mouth_width
    # A squarer mouth keeps its height towards the corners.
    square = np.clip(act.mouth_square, 0, 1)
    bow = (1 - np.abs(t) ** (2 + 4 * square)) ** (0.62 - 0.2 * square)
    middle = _HEIGHT + 0.35 * act.jaw_drop - 0.35 * act.chin_raise * 0.06
    line = middle - (act.mouth_corner + 0.02) * (t**2 - 0.4)
    line -= act.lip_skew * np.clip(t, 0, 1) * (1.25 - np.abs(t)) * 1.6
    cupid = 0.012 * (1 - act.lip_press) * np.exp(-((t / 0.22) ** 2))
    upper = line - act.upper_lip * bow + cupid
    lower = np.maximum(line + act.lower_lip * bow, upper)
    x = width * t
    return np.stack([x, upper], axis=1), np.stack([x, lower], axis=1)


def _draw_lips(
    canvas: Canvas, face: FaceParameters, upper: np.ndarray, lower: np.ndarray
) -> None:
    who, act = face.identity, face.actions
    t = np.linspace(-1, 1, len(upper))
    thick = who.lip_thickness * (1 - 0.8 * np.clip(act.lip_press, 0, 1))
    bow = (1 - t**2) ** 0.6
    cupid = 1 - 0.35 * np.exp(-((t / 0.15) ** 2))
    top = upper - np.stack([0 * t, 0.02 + thick * bow * cupid], axis=1)
    bottom = lower + np.stack([0 * t, 0.015 + 1.25 * thick * bow], axis=1)
    canvas.glow(moved(bottom, 0, 0.07), who.shade, 0.7, 0.05)
    top[[0, -1]] = upper[[0, -1]]
    bottom[[0, -1]] = lower[[0, -1]]
    canvas.fill(np.vstack([top, upper[::-1]]), mix(who.lips, MOUTH, 0.22))
    canvas.fill(np.vstack([upper, bottom[::-1]]), who.lips)
    shine = moved(lower[8:17], 0, 0.65 * thick)
    canvas.stroke(shine, mix(who.lips, TEETH, 0.25), 0.4 * thick, 1.0)


def _draw_inside(
    inside: Canvas, face: FaceParameters, upper: np.ndarray, lower: np.ndarray
) -> None:
    act = face.actions
    inside.fill(np.vstack([upper, lower[::-1]]), MOUTH)
    x, y = (lower[12] + (0, 0.015)).tolist()
    inside.fill(ellipse(x, y, 0.16, 0.1), TONGUE)
    if act.clenched_teeth > 0.2:
        inside.fill(np.vstack([upper, lower[::-1]]), TEETH)
        seam = (upper + lower) / 2
        inside.stroke(seam, mix(TEETH, MOUTH, 0.6), 0.018, 0.0)
        for k in range(3, len(upper) - 2, 3):
            gap = np.stack([upper[k], lower[k]])
            inside.stroke(gap, mix(TEETH, MOUTH, 0.3), 0.012, 0.0)
    elif act.upper_teeth > 0.2:
        edge = moved(upper, 0, 0.04 + 0.06 * act.upper_teeth)
        inside.fill(np.vstack([upper, edge[::-1]]), TEETH)


def _draw_folds(
    canvas: Canvas, face: FaceParameters, upper: np.ndarray
) -> None:
    who, act = face.identity, face.actions
    nose = who.eye_height + who.nose_length
    for end, side in ((upper[0], -1), (upper[-1], 1)):
        if act.smile_fold > 0.15:
            reach = abs(end[0]) + 0.09
            fold = open_curve(
                [
                    (who.nose_width + 0.04, nose - 0.01),
                    (0.5 * (who.nose_width + reach) + 0.06, nose + 0.12),
                    (reach, end[1] + 0.02),
                ]
            )
            width = 0.026 * min(act.smile_fold, 1)
            canvas.stroke(fold * (side, 1), who.line, width)
    if act.chin_raise > 0.2:
        y = 0.8
        dimple = open_curve(
            [(-0.13, y + 0.02), (0, y - 0.035), (0.13, y + 0.02)]
        )
        canvas.stroke(dimple, who.line, 0.022 * min(act.chin_raise, 1))
