"""Expressions as movements of parts of the face."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


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
        names = [field.name for field in fields(self)]
        values = np.array([getattr(self, name) for name in names])
        values *= intensity * rng.normal(1, 0.1, len(values))
        return FacialActions(**dict(zip(names, values.tolist(), strict=True)))
