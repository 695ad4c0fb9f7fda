"""Everything that determines a drawn face: identity, movements and pose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from math import cos, sin
from typing import TypeVar

import numpy as np

from ...expressions import EXPRESSIONS
from .canvas import closed_curve, mirrored
from .colours import CLOTH, HAIR, IRIS, LIP, SKIN, Colour, mix

_T = TypeVar('_T')

# Half axes of the ellipsoid that stands for a head: across, down, forward.
_BULGE = (0.85, 1.15, 0.7)

_HAIR_ON_DARK_SKIN = (*HAIR[:3], *HAIR[-2:])


@dataclass(frozen=True)
class FaceParameters:
    """Who shows which movements, where, in light from which side.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> happy = EXPRESSION_ACTIONS['Happy'][0]
        >>> face = FaceParameters(
        ...     random_identity(rng), happy, HeadPose(160, 150, 90))
        >>> picture = np.full((320, 320, 3), 220, np.uint8)
        >>> draw_face(face, picture)
    """

    identity: Identity
    actions: FacialActions
    pose: HeadPose
    light: float = 0.5

    def outline(self) -> np.ndarray:
        """The head from crown to chin without hair and ears, (N, 2).

        In head coordinates. It defines the box of the face.
        """
        who, drop = self.identity, self.actions.jaw_drop
        half = [
            (0.53 * who.head_width, -0.9),
            (0.9 * who.head_width, -0.54),
            (who.head_width, -0.1),
            (0.96 * who.head_width, 0.28),
            (who.jaw_width, 0.64 + 0.6 * drop),
            (who.chin_width, 0.93 + drop),
        ]
        return closed_curve(
            np.vstack([(0, -1), half, (0, 1 + drop), mirrored(half)])
        )

    def box(self) -> tuple[float, float, float, float]:
        """x1, y1, x2, y2 of the head in pixels, not clipped to a picture."""
        points = self.pose.project(self.outline())
        return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


@dataclass(frozen=True)
class HeadPose:
    """Places head coordinates in the picture.

    In head coordinates the middle of the head is (0, 0), the crown (0, -1)
    and the chin (0, 1).

    Args:
        x: centre of the head, pixels from the left edge of the picture.
        y: the same from its upper edge.
        radius: half the height of the head, pixels.
        roll: turn in the picture plane, radians, clockwise.
        yaw: turn to the right of the picture, radians.
        pitch: nod downwards, radians.
    """

    x: float
    y: float
    radius: float
    roll: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0

    def project(self, points: np.ndarray) -> np.ndarray:
        """Head coordinates (N, 2) -> picture coordinates in pixels (N, 2).

        The face bulges like an ellipsoid: what lies nearer to its middle
        moves further when the head turns.
        """
        x, y = points[:, 0], points[:, 1]
        bulge = 1 - (x / _BULGE[0]) ** 2 - (y / _BULGE[1]) ** 2
        depth = _BULGE[2] * np.sqrt(np.maximum(bulge, 0))
        x = x * cos(self.yaw) + depth * sin(self.yaw)
        y = y * cos(self.pitch) + depth * sin(self.pitch)
        c, s = self.radius * cos(self.roll), self.radius * sin(self.roll)
        return np.stack([c * x - s * y + self.x, s * x + c * y + self.y], 1)

    def body(self) -> HeadPose:
        """The pose of the shoulders, which turn less than the head."""
        return replace(self, roll=0.25 * self.roll, yaw=0.0, pitch=0.0)


@dataclass(frozen=True)
class FacialActions:
    """How far each part of a face leaves its rest position.

    Named after the action units of the Facial Action Coding System (Ekman and
    Friesen, 1978), whose numbers stand beside the fields. All zero is a face
    at rest. Lengths are in half head heights, the others from 0 to 1.
    """

    inner_brow: float = 0.0  # up: AU 1; down: AU 4
    outer_brow: float = 0.0  # up: AU 2; down: AU 4
    brow_arch: float = 0.0
    brow_together: float = 0.0  # AU 4
    frown_lines: float = 0.0  # AU 4
    forehead_lines: float = 0.0  # AU 1 + 2
    upper_lid: float = 0.0  # up: AU 5; down: AU 43
    lower_lid: float = 0.0  # up: AU 7
    lid_slant: float = 0.0  # outer corner hangs
    cheek: float = 0.0  # AU 6
    nose_wrinkle: float = 0.0  # AU 9
    smile_fold: float = 0.0  # AU 11
    upper_lip: float = 0.0  # up: AU 10
    lip_skew: float = 0.0  # one side higher than the other
    mouth_corner: float = 0.0  # up: AU 12; down: AU 15
    mouth_width: float = 0.0  # wider: AU 20; narrower: AU 18
    mouth_square: float = 0.0
    lip_press: float = 0.0  # AU 24
    lower_lip: float = 0.0  # down: AU 25
    chin_raise: float = 0.0  # AU 17
    jaw_drop: float = 0.0  # AU 26
    upper_teeth: float = 0.0
    clenched_teeth: float = 0.0

    def vary(self, rng: np.random.Generator, intensity: float) -> FacialActions:
        """The same movements at `intensity`, each a little off its mark."""
        values = np.array(astuple(self))
        values *= intensity * rng.normal(1, 0.1, len(values))
        return FacialActions(*values.tolist())


# The movements of an expression in two variants, the left and the right:
# Anger with lips pressed, with teeth bared; Disgust with the upper lip lifted
# on one side, with the lower one pushed out of an open mouth; Fear with teeth
# clenched in a stretched mouth, with it open; Happy smiling, laughing; Sad
# with lips closed, trembling apart; Surprise with a round mouth, gasping.
_VARIANTS = """
                   Anger    Disgust      Fear     Happy       Sad   Surprise
inner_brow     -.19 -.19  -.11 -.11  .19   .2  .03  .05  .17  .18  .15   .17
outer_brow      .13  .14  -.05 -.06 -.01    0  .03  .04 -.13 -.13  .17   .18
brow_arch         0    0     0    0    0    0  .03  .05    0    0  .06   .07
brow_together    .1   .1   .04  .05  .06  .06    0    0  .05  .06    0     0
frown_lines       1    1     0    0    0    0    0    0    0    0    0     0
forehead_lines    0    0     0    0   .8   .8    0    0    0    0   .8     1
upper_lid      -.02 -.01 -.085 -.09  .09 .095    0 -.03 -.06 -.07  .09  .095
lower_lid       .04  .03   .06 .065 -.04 -.04  .05  .06    0  .02 -.03 -.035
lid_slant      -.09 -.09     0    0    0    0    0    0  .08 .085    0     0
cheek             0    0    .4   .3    0    0    1    1    0    0    0     0
nose_wrinkle      0   .3     1    1    0    0    0    0    0    0    0     0
smile_fold       .3   .4     1    1    0    0   .5   .6    0   .4    0     0
upper_lip         0  .09   .06  .09  .04  .05    0 -.03    0    0  .09   .11
lip_skew          0    0   .19  .12    0    0    0    0    0    0    0     0
mouth_corner   -.12 -.06  -.08 -.16 -.07 -.12  .25  .24 -.23 -.26    0     0
mouth_width    -.06    0     0    0   .1  .07   .1  .12 -.04    0 -.17  -.13
mouth_square      0   .9     0    0    1   .8    0    0    0    0    0     0
lip_press        .9    0     0    0    0    0    0    0    0    0    0     0
lower_lip         0  .16     0   .1  .14   .2   .1  .26    0  .04  .28   .34
chin_raise       .7    0    .3    0    0    0    0    0    1   .6    0     0
jaw_drop          0    0     0  .03  .03  .07    0  .04    0    0  .11   .15
upper_teeth       0    0    .7    0    0   .5   .7    1    0    0    0    .4
clenched_teeth    0    1     0    0    1    0    0    0    0    0    0     0
"""


def _read_variants(table: str) -> dict[str, tuple[FacialActions, ...]]:
    expressions, *rows = (line.split() for line in table.strip().splitlines())
    names, *columns = zip(*rows, strict=True)
    variants = [
        FacialActions(**dict(zip(names, map(float, column), strict=True)))
        for column in columns
    ]
    pairs = zip(variants[::2], variants[1::2], strict=True)
    return dict(zip(expressions, pairs, strict=True))


#: The seven expressions, each in one or several variants; Neutral is at rest.
EXPRESSION_ACTIONS: dict[str, tuple[FacialActions, ...]] = dict.fromkeys(
    EXPRESSIONS, (FacialActions(),)
) | _read_variants(_VARIANTS)


@dataclass(frozen=True)
class Identity:
    """One person: all that an expression leaves alone.

    Lengths are in half head heights.
    """

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


@dataclass(frozen=True)
class HairStyle:
    """Geometry of hair or headwear, in head coordinates.

    Args:
        volume: how far the hair stands out from the skull.
        hairline: x and y of control points from the left temple to the right
            one, x as a share of the head's half width; empty if bald.
        fall: y to which hair hangs behind the head; None for short hair.
        sides: y to which hair covers the sides of the face.
        curls: locks along the silhouette.
        bun: radius of a bun on the crown.
        cloth: made of cloth (hat or scarf), not of hair.
        band: height of a hat's brim above the hairline.
    """

    volume: float
    hairline: tuple[tuple[float, ...], ...]
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


_HIGH = ((-0.8, -0.45, 0, 0.45, 0.8), (-0.55, -0.72, -0.76, -0.72, -0.55))
_PARTED = ((-0.86, -0.62, -0.3, 0.2, 0.82), (-0.4, -0.66, -0.84, -0.6, -0.42))
_MIDDLE = ((-0.9, -0.55, 0, 0.55, 0.9), (-0.2, -0.58, -0.88, -0.58, -0.2))
_FRINGE = ((-0.9, -0.45, 0, 0.45, 0.9), (-0.44, -0.6, -0.65, -0.6, -0.44))
_SWEPT = ((-0.88, -0.5, 0, 0.5, 0.86), (-0.46, -0.54, -0.62, -0.8, -0.46))
_SCARF = ((-0.9, -0.6, 0, 0.6, 0.9), (-0.3, -0.66, -0.78, -0.66, -0.3))

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


def random_identity(rng: np.random.Generator) -> Identity:
    """Draws a person by lot."""
    tone = rng.integers(len(SKIN))
    skin = mix(SKIN[tone], pick(rng, SKIN), 0.3 * rng.random())
    shades = HAIR if tone < 4 else _HAIR_ON_DARK_SKIN
    hair_colour = mix(pick(rng, shades), pick(rng, shades), 0.2 * rng.random())
    hair = pick(rng, HAIR_STYLES)
    short = hair.fall is None and not hair.bun
    head_width = rng.uniform(0.74, 0.86)
    bearded = short and rng.random() < (0.6 if hair is BALD else 0.35)
    return Identity(
        skin=skin,
        hair_colour=hair_colour,
        iris=pick(rng, IRIS),
        cloth=mix(pick(rng, CLOTH), pick(rng, CLOTH), 0.3 * rng.random()),
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


def pick(rng: np.random.Generator, choices: Sequence[_T]) -> _T:
    """One of the choices; unlike `rng.choice`, as it is, not as an array."""
    return choices[rng.integers(len(choices))]
