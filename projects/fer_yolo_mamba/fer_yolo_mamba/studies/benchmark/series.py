"""Series: one figure a round, and what the rounds say together."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Series:
    """What the rounds of a benchmark measured of one rival.

    >>> Series((1.0, 3.0, 2.0)).median
    2.0

    Attributes:
        values: One figure a round, at least one.
    """

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return float(np.median(self.values))

    @property
    def spread(self) -> tuple[float, float]:
        """10th and 90th percentile, between neighbours where needed."""
        low, high = np.percentile(self.values, (10, 90))
        return float(low), float(high)

    def to_dict(self) -> dict:
        """The series as JSON can hold it."""
        return dict(
            median=self.median,
            percentile_10=self.spread[0],
            percentile_90=self.spread[1],
            rounds=list(self.values),
        )
