"""Everything that determines a drawn face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curves import closed_curve
from .facial_actions import FacialActions
from .head_pose import HeadPose
from .identity import Identity


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
        half = np.array(
            [
                (0.53 * who.head_width, -0.9),
                (0.9 * who.head_width, -0.54),
                (who.head_width, -0.1),
                (0.96 * who.head_width, 0.28),
                (who.jaw_width, 0.64 + 0.6 * drop),
                (who.chin_width, 0.93 + drop),
            ]
        )
        mirrored = half[::-1] * (-1, 1)
        return closed_curve(np.vstack([(0, -1), half, (0, 1 + drop), mirrored]))

    def box(self) -> tuple[float, float, float, float]:
        """x1, y1, x2, y2 of the head in pixels, not clipped to a picture."""
        points = self.pose.project(self.outline())
        (x1, y1), (x2, y2) = points.min(axis=0), points.max(axis=0)
        return float(x1), float(y1), float(x2), float(y2)
