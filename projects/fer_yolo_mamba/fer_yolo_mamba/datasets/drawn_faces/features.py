"""Draws brows, eyes, nose and mouth, and the lines that movements leave."""

import numpy as np

from .canvas import Canvas, both_sides, ellipse, lowered, open_curve
from .colours import BLACK, MOUTH, TEETH, TONGUE, WHITE, mix
from .parameters import FaceParameters

# Heights: of the lids and the brow above or below the eye's middle, and of
# the mouth below the head's.
_UPPER_LID, _LOWER_LID, _BROW, _MOUTH = 0.155, 0.095, 0.27, 0.53


def draw_eyes(canvas: Canvas, face: FaceParameters) -> None:
    """Draws both eyes, with glasses if any."""
    for side in (-1, 1):
        _draw_eye(canvas, face, side)
    if face.identity.glasses:
        _draw_glasses(canvas, face)


def _draw_eye(canvas: Canvas, face: FaceParameters, side: int) -> None:
    who = face.identity
    upper, lower = _lids(face, side)
    opening = np.vstack([upper, lower[::-1]])
    canvas.glow(lowered(opening, -0.03), who.shade, 0.55, 0.05)
    canvas.stroke(lowered(upper[2:-1], -0.045), who.line, 0.018)
    with canvas.clip(opening) as eye:
        eye.fill(opening, WHITE)
        x, y = side * who.eye_gap, who.eye_height - 0.012
        eye.oval(x, y, 0.122, 0.122, mix(who.iris, BLACK, 0.6))
        eye.oval(x, y, 0.104, 0.104, who.iris)
        eye.oval(x, y + 0.03, 0.05, 0.04, mix(who.iris, WHITE, 0.3))
        eye.oval(x, y, 0.056, 0.056, BLACK)
        eye.glow(lowered(upper, 0.01), BLACK, 0.5, 0.03)
        eye.oval(x - 0.032, y - 0.035, 0.022, 0.022, WHITE)
    canvas.stroke(lower, who.line, 0.016)
    canvas.stroke(upper, mix(BLACK, who.skin, 0.08), 0.042, 0.5)
    if face.actions.cheek > 0.15:
        _draw_crows_feet(canvas, face, side)


def _lids(face: FaceParameters, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower lid from the inner corner to the outer, (N, 2) each."""
    who, act = face.identity, face.actions
    t = np.linspace(0, 1, 17)
    bow = np.sin(np.pi * t) ** 0.75
    x = side * (who.eye_gap + who.eye_width * (2 * t - 1))
    tilt = act.lid_slant * (t - 0.3)
    upper = max(_UPPER_LID + act.upper_lid, 0.012) * bow - tilt * (0.4 + bow)
    lower = max(_LOWER_LID - act.lower_lid, 0.008) * bow + 0.4 * tilt
    lower = np.maximum(lower, -upper + 0.015 * bow)
    return (
        np.stack([x, who.eye_height - upper], axis=1),
        np.stack([x, who.eye_height + lower], axis=1),
    )


def _draw_crows_feet(canvas: Canvas, face: FaceParameters, side: int) -> None:
    who, cheek = face.identity, face.actions.cheek
    y = who.eye_height
    x = who.eye_gap + 0.95 * who.eye_width + 0.03
    for rise in (-0.05, 0.0, 0.05):
        line = np.array([(x, y + rise), (x + 0.07 * cheek, y + 2 * rise)])
        canvas.stroke(line * (side, 1), who.line, 0.014)
    x = who.eye_gap
    bag = [(x - 0.14, y + 0.11), (x, y + 0.145), (x + 0.15, y + 0.1)]
    canvas.stroke(open_curve(bag) * (side, 1), who.line, 0.016 * cheek)


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


def draw_brows(canvas: Canvas, face: FaceParameters) -> None:
    """Draws both brows."""
    who, act = face.identity, face.actions
    base = who.eye_height - _BROW
    inner = who.eye_gap - 0.9 * who.eye_width - act.brow_together
    outer = who.eye_gap + 1.2 * who.eye_width - 0.3 * act.brow_together
    lift = 0.45 * act.inner_brow + 0.55 * act.outer_brow
    curve = open_curve(
        [
            (inner, base - 0.02 - act.inner_brow),
            ((inner + outer) / 2, base - 0.045 - lift - act.brow_arch),
            (outer, base + 0.04 - act.outer_brow),
        ]
    )
    t = np.linspace(0, 1, len(curve))
    # Thickest at a third of its length, thinnest at its outer end.
    shape = (0.55 + 2.2 * t) * (1 - t) + 0.2
    half = shape * who.brow_thickness / 2
    body = np.vstack([lowered(curve, -half), lowered(curve, half)[::-1]])
    for brow in both_sides(body):
        canvas.fill(brow, mix(who.hair_colour, BLACK, 0.6))


def draw_forehead_lines(canvas: Canvas, face: FaceParameters) -> None:
    """Draws furrows above and between the brows."""
    who, act = face.identity, face.actions
    brow = who.eye_height - _BROW
    if act.frown_lines > 0.2:
        line = [(0.05, brow + 0.1), (0.045, brow), (0.06, brow - 0.07)]
        for furrow in both_sides(open_curve(line)):
            canvas.stroke(furrow, who.line, 0.026 * min(act.frown_lines, 1))
    if act.forehead_lines > 0.2:
        lift = max(act.inner_brow, act.outer_brow)
        width = 0.016 * min(act.forehead_lines, 1)
        for k in range(2):
            y = brow - 0.13 - lift - 0.075 * k
            reach = 0.3 - 0.06 * k
            line = [(-reach, y + 0.02), (0, y - 0.01), (reach, y + 0.02)]
            canvas.stroke(open_curve(line), who.line, width)


def draw_nose(canvas: Canvas, face: FaceParameters) -> None:
    """Draws the nose, wrinkled where the face asks for it."""
    who = face.identity
    wrinkle = float(np.clip(face.actions.nose_wrinkle, 0, 1))
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
    x = np.array([-1, -0.75, -0.3, 0, 0.3, 0.75, 1]) * wide
    bumps = np.array([-0.03, 0.03, 0.02, 0.045, 0.02, 0.03, -0.03])
    canvas.stroke(open_curve(np.stack([x, y + bumps], 1)), who.line, 0.03)
    if wrinkle > 0.2:
        for k, rise in enumerate((0.0, 0.06, 0.12)):
            reach, y = 0.06 + 0.012 * k, top + rise
            line = [(-reach, y - 0.02), (0, y), (reach, y - 0.02)]
            canvas.stroke(open_curve(line), who.line, 0.024 * wrinkle)
        flare = [(0.07, top + 0.1), (0.12, top + 0.16), (0.15, top + 0.24)]
        for line in both_sides(open_curve(flare)):
            canvas.stroke(line, who.line, 0.02 * wrinkle)


def draw_mouth(canvas: Canvas, face: FaceParameters) -> None:
    """Draws lips, teeth, tongue, the folds beside them and the chin."""
    who, act = face.identity, face.actions
    upper, lower = _lip_edges(face)
    opening = np.vstack([upper, lower[::-1]])
    _draw_folds(canvas, face, upper)
    _draw_lips(canvas, face, upper, lower)
    is_open = (lower - upper)[:, 1].max() > 0.03
    if is_open:
        with canvas.clip(opening) as inside:
            inside.fill(opening, MOUTH)
            inside.oval(*(lower[12] + (0, 0.015)), 0.16, 0.1, TONGUE)
            if act.clenched_teeth > 0.2:
                inside.fill(opening, TEETH)
                seam = (upper + lower) / 2
                inside.stroke(seam, mix(TEETH, MOUTH, 0.6), 0.018, 0.0)
                for gap in np.stack([upper, lower], axis=1)[3:-2:3]:
                    inside.stroke(gap, mix(TEETH, MOUTH, 0.3), 0.012, 0.0)
            elif act.upper_teeth > 0.2:
                edge = lowered(upper, 0.04 + 0.06 * act.upper_teeth)
                inside.fill(np.vstack([upper, edge[::-1]]), TEETH)
    dark = mix(who.lips, MOUTH, 0.75)
    canvas.stroke(upper, dark, 0.026, 0.4)
    if is_open:
        canvas.stroke(lower, dark, 0.018, 0.4)
    if act.mouth_corner < -0.02 or act.lip_press > 0.2:
        for end, sign in ((upper[0], -1), (upper[-1], 1)):
            tick = np.stack([end, np.add(end, (0.035 * sign, 0.035))])
            canvas.stroke(tick, who.line, 0.022)


def _lip_edges(face: FaceParameters) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the opening from left to right, (N, 2) each."""
    who, act = face.identity, face.actions
    t = np.linspace(-1, 1, 25)
    # A squarer mouth keeps its height towards the corners.
    square = np.clip(act.mouth_square, 0, 1)
    bow = (1 - np.abs(t) ** (2 + 4 * square)) ** (0.62 - 0.2 * square)
    middle = _MOUTH + 0.35 * act.jaw_drop - 0.35 * act.chin_raise * 0.06
    line = middle - (act.mouth_corner + 0.02) * (t**2 - 0.4)
    line -= act.lip_skew * np.clip(t, 0, 1) * (1.25 - np.abs(t)) * 1.6
    cupid = 0.012 * (1 - act.lip_press) * np.exp(-((t / 0.22) ** 2))
    upper = line - act.upper_lip * bow + cupid
    lower = np.maximum(line + act.lower_lip * bow, upper)
    x = (who.mouth_width + act.mouth_width) * t
    return np.stack([x, upper], axis=1), np.stack([x, lower], axis=1)


def _draw_lips(
    canvas: Canvas, face: FaceParameters, upper: np.ndarray, lower: np.ndarray
) -> None:
    who = face.identity
    t = np.linspace(-1, 1, len(upper))
    press = np.clip(face.actions.lip_press, 0, 1)
    thick = who.lip_thickness * (1 - 0.8 * press)
    bow = (1 - t**2) ** 0.6
    cupid = 1 - 0.35 * np.exp(-((t / 0.15) ** 2))
    top = lowered(upper, -0.02 - thick * bow * cupid)
    bottom = lowered(lower, 0.015 + 1.25 * thick * bow)
    canvas.glow(lowered(bottom, 0.07), who.shade, 0.7, 0.05)
    top[[0, -1]] = upper[[0, -1]]
    bottom[[0, -1]] = lower[[0, -1]]
    canvas.fill(np.vstack([top, upper[::-1]]), mix(who.lips, MOUTH, 0.22))
    canvas.fill(np.vstack([upper, bottom[::-1]]), who.lips)
    shine = lowered(lower[8:17], 0.65 * thick)
    canvas.stroke(shine, mix(who.lips, TEETH, 0.25), 0.4 * thick, 1.0)


def _draw_folds(
    canvas: Canvas, face: FaceParameters, upper: np.ndarray
) -> None:
    who, act = face.identity, face.actions
    nose = who.eye_height + who.nose_length
    if act.smile_fold > 0.15:
        for end, side in ((upper[0], -1), (upper[-1], 1)):
            reach = abs(end[0]) + 0.09
            fold = [
                (who.nose_width + 0.04, nose - 0.01),
                (0.5 * (who.nose_width + reach) + 0.06, nose + 0.12),
                (reach, end[1] + 0.02),
            ]
            width = 0.026 * min(act.smile_fold, 1)
            canvas.stroke(open_curve(fold) * (side, 1), who.line, width)
    if act.chin_raise > 0.2:
        dimple = open_curve([(-0.13, 0.82), (0, 0.765), (0.13, 0.82)])
        canvas.stroke(dimple, who.line, 0.022 * min(act.chin_raise, 1))
