"""Where a head is and how it is turned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, sin

import numpy as np

# Half axes of the ellipsoid that stands for a head: across, down, forward.
_BULGE = (0.85, 1.15, 0.7)


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
        pixels = np.empty(points.shape)
        turn = self.radius * cos(self.roll), self.radius * sin(self.roll)
        pixels[:, 0] = turn[0] * x - turn[1] * y + self.x
        pixels[:, 1] = turn[1] * x + turn[0] * y + self.y
        return pixels

    def body(self) -> HeadPose:
        """The pose of the shoulders, which turn less than the head."""
        return replace(self, roll=0.25 * self.roll, yaw=0.0, pitch=0.0)
