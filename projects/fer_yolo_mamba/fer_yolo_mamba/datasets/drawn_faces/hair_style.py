"""Shapes of hair and headwear."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HairStyle:
    """Geometry of the hair, in head coordinates.

    Args:
        volume: how far the hair stands out from the skull.
        hairline: control points from the left temple to the right one; x is a
            share of the head's half width.
        fall: y to which hair hangs behind the head; None for short hair.
        sides: y to which hair covers the sides of the face.
        curls: locks along the silhouette.
        bun: radius of a bun on the crown.
        cloth: made of cloth (hat or scarf), not of hair.
        band: height of a hat's brim above the hairline.
    """

    volume: float
    hairline: tuple[tuple[float, float], ...]
    fall: float | None = None
    sides: float = -0.2
    curls: int = 0
    bun: float = 0.0
    cloth: bool = False
    band: float = 0.0

    @property
    def covers_ears(self) -> bool:
        """Whether it is a scarf."""
        return self.cloth and self.fall is not None


_HIGH = (
    (-0.8, -0.55),
    (-0.45, -0.72),
    (0.0, -0.76),
    (0.45, -0.72),
    (0.8, -0.55),
)
_PARTED = (
    (-0.86, -0.4),
    (-0.62, -0.66),
    (-0.3, -0.84),
    (0.2, -0.6),
    (0.82, -0.42),
)
_MIDDLE = (
    (-0.9, -0.2),
    (-0.55, -0.58),
    (0.0, -0.88),
    (0.55, -0.58),
    (0.9, -0.2),
)
_FRINGE = (
    (-0.9, -0.44),
    (-0.45, -0.6),
    (0.0, -0.65),
    (0.45, -0.6),
    (0.9, -0.44),
)
_SWEPT = (
    (-0.88, -0.46),
    (-0.5, -0.54),
    (0.0, -0.62),
    (0.5, -0.8),
    (0.86, -0.46),
)
_SCARF = ((-0.9, -0.3), (-0.6, -0.66), (0.0, -0.78), (0.6, -0.66), (0.9, -0.3))

BALD = HairStyle(0.0, ())
HAIR_STYLES = (
    BALD,
    HairStyle(0.05, _HIGH),
    HairStyle(0.13, _PARTED),
    HairStyle(0.15, _SWEPT, sides=-0.1),
    HairStyle(0.12, _FRINGE, fall=0.75, sides=0.15),
    HairStyle(0.14, _MIDDLE, fall=1.35, sides=0.3),
    HairStyle(0.12, _PARTED, fall=1.25, sides=0.2),
    HairStyle(0.08, _HIGH, bun=0.3),
    HairStyle(0.2, _HIGH, curls=15, sides=-0.1),
    HairStyle(0.22, _FRINGE, curls=17, fall=0.6, sides=0.1),
    HairStyle(0.12, _FRINGE, cloth=True, band=0.2),
    HairStyle(0.12, _SCARF, fall=1.2, sides=0.75, cloth=True),
)
