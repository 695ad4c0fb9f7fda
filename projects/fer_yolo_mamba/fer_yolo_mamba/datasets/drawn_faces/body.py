"""Draws neck, clothes and legs."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .colours import BLACK, WHITE, mix
from .curves import ellipse, open_curve
from .face_parameters import FaceParameters


def draw_body(canvas: Canvas, face: FaceParameters) -> None:
    """Draws everything below the head."""
    who = face.identity
    neck = 0.6 * who.jaw_width + 0.02
    dark = mix(who.cloth, BLACK, 0.35)
    for side in (-1, 1):
        leg = np.array([(0.08, 4.5), (1.05, 4.5), (0.85, 9.0), (0.2, 9.0)])
        canvas.fill(leg * (side, 1), mix(BLACK, who.cloth, 0.2))
        canvas.fill(_arm() * (side, 1), dark)
    torso = np.vstack([_side(neck), _side(neck)[::-1] * (-1, 1)])
    canvas.fill(torso, who.cloth)
    throat = np.array(
        [(-neck, 0.5), (neck, 0.5), (neck, 1.22), (0, 1.55), (-neck, 1.22)]
    )
    canvas.fill(throat, who.skin)
    with canvas.clip(throat) as skin:
        skin.glow(ellipse(0, 0.95, neck + 0.1, 0.3), who.shade, 1.0, 0.1)
    collar = np.array(
        [(neck, 1.12), (0.05, 1.6), (neck + 0.05, 1.62), (neck + 0.22, 1.22)]
    )
    for side in (-1, 1):
        canvas.fill(collar * (side, 1), mix(who.cloth, WHITE, 0.3))


def _side(neck: float) -> np.ndarray:
    """The right edge of the torso from the neck down."""
    return open_curve(
        [
            (neck, 1.16),
            (neck + 0.3, 1.29),
            (1.1, 1.5),
            (1.25, 2.0),
            (1.1, 3.2),
            (1.12, 4.7),
        ]
    )


def _arm() -> np.ndarray:
    """The right arm, hanging."""
    return open_curve(
        [
            (0.9, 1.42),
            (1.32, 1.75),
            (1.5, 3.0),
            (1.5, 4.3),
            (1.22, 4.35),
            (1, 2),
        ]
    )
