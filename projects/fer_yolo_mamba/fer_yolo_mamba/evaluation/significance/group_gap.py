"""How far the groups of faces are apart in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .estimate import Estimate


@dataclass(frozen=True)
class GroupGap:
    """The largest difference of two groups.

    The interval is that of these two groups, which may come out the other way
    round in a resample: one that holds 0 says that the gap may be luck. It is
    somewhat too narrow, the two having been chosen for their distance, and
    the more so the more groups there were to choose from.

    Attributes:
        best: Name of the group with the highest value.
        worst: Name of the one with the lowest.
        difference: Best minus worst.
    """

    best: str
    worst: str
    difference: Estimate

    @classmethod
    def from_resamples(
        cls,
        names: Sequence[str],
        values: Sequence[float],
        resamples: Sequence[np.ndarray],
    ) -> GroupGap:
        """Finds the gap in a figure that every group has.

        Args:
            names: Of the groups.
            values: Of each, on the images as they are.
            resamples: Of each, (R,), in the same resamples.
        """
        best, worst = int(np.argmax(values)), int(np.argmin(values))
        return cls(
            names[best],
            names[worst],
            Estimate.of_difference(
                values[best] - values[worst], resamples[best] - resamples[worst]
            ),
        )

    def to_dict(self) -> dict:
        """Everything as plain dictionaries and numbers."""
        return {
            'best': self.best,
            'worst': self.worst,
            'difference': self.difference.to_dict(),
        }
