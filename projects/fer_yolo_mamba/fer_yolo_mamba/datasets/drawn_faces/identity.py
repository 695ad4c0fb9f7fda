"""Who is drawn: everything about a face that an expression leaves alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .colours import (
    CLOTH,
    HAIR,
    HAIR_ON_DARK_SKIN,
    IRIS,
    LIP,
    SKIN,
    Colour,
    mix,
)
from .hair_style import BALD, HAIR_STYLES, HairStyle


@dataclass(frozen=True)
class Identity:
    """One person. Lengths are in half head heights."""

    skin: Colour
    hair_colour: Colour
    iris: Colour
    cloth: Colour
    lips: Colour
    hair: HairStyle
    head_width: float = 0.8
    jaw_width: float = 0.64
    chin_width: float = 0.3
    eye_gap: float = 0.35
    eye_width: float = 0.22
    eye_height: float = -0.06
    brow_thickness: float = 0.08
    nose_width: float = 0.13
    nose_length: float = 0.27
    mouth_width: float = 0.37
    lip_thickness: float = 0.05
    beard: float = 0.0
    moustache: bool = False
    glasses: bool = False
    earrings: bool = False
    freckles: bool = False

    @property
    def line(self) -> Colour:
        """Of the lines in the face."""
        return mix(self.skin, (30, 22, 48), 0.62)

    @property
    def shade(self) -> Colour:
        """Of the skin in shadow."""
        return mix(self.skin, (70, 52, 112), 0.27)


def random_identity(rng: np.random.Generator) -> Identity:
    """Draws a person."""

    def pick(choices):
        return choices[rng.integers(len(choices))]

    tone = rng.integers(len(SKIN))
    skin = mix(SKIN[tone], pick(SKIN), 0.3 * rng.random())
    shades = HAIR if tone < 4 else HAIR_ON_DARK_SKIN
    hair_colour = mix(pick(shades), pick(shades), 0.2 * rng.random())
    hair = pick(HAIR_STYLES)
    short = hair.fall is None and not hair.bun
    head_width = rng.uniform(0.74, 0.86)
    bearded = short and rng.random() < (0.6 if hair is BALD else 0.35)
    return Identity(
        skin=skin,
        hair_colour=hair_colour,
        iris=pick(IRIS),
        cloth=mix(pick(CLOTH), pick(CLOTH), 0.3 * rng.random()),
        lips=mix(skin, LIP, rng.uniform(0.35, 0.5 if short else 0.85)),
        hair=hair,
        head_width=head_width,
        jaw_width=head_width * rng.uniform(0.72, 0.86),
        chin_width=rng.uniform(0.24, 0.36),
        eye_gap=head_width * rng.uniform(0.43, 0.47),
        eye_width=rng.uniform(0.21, 0.235),
        eye_height=rng.uniform(-0.1, -0.03),
        brow_thickness=rng.uniform(0.065, 0.1),
        nose_width=rng.uniform(0.1, 0.16),
        nose_length=rng.uniform(0.24, 0.31),
        mouth_width=rng.uniform(0.34, 0.4),
        lip_thickness=rng.uniform(0.04, 0.065),
        beard=rng.uniform(0.4, 1.0) if bearded else 0.0,
        moustache=bool(bearded and rng.random() < 0.6),
        glasses=bool(rng.random() < 0.15),
        earrings=bool(not short and rng.random() < 0.4),
        freckles=bool(rng.random() < 0.12),
    )
