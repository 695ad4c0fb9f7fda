"""One figure of two detectors."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from .estimate import Estimate

# Figures this close differ by rounding alone.
_DIGITS = 12


@dataclass(frozen=True)
class ComparedFigure:
    """A figure of two detectors on the same images.

    Attributes:
        first: Of the first detector.
        second: Of the second.
        difference: First minus second.
        superiority: Share of the resamples in which the first is better, a
            draw counting half; NaN for a class without objects.
    """

    first: Estimate
    second: Estimate
    difference: Estimate
    superiority: float

    @classmethod
    def from_resamples(
        cls,
        values: tuple[float, float],
        resamples: tuple[np.ndarray, np.ndarray],
    ) -> ComparedFigure:
        """Compares a figure.

        Args:
            values: Of both detectors, on the images as they are.
            resamples: (R,) for each, in the same resamples.
        """
        first, second = map(Estimate.of_figure, values, resamples)
        gains = np.round(resamples[0] - resamples[1], _DIGITS)
        return cls(
            first,
            second,
            Estimate.of_difference(values[0] - values[1], gains),
            float(np.sign(gains).mean() / 2 + 0.5),
        )

    def to_dict(self) -> dict:
        """By name of the attribute, as plain dictionaries and numbers."""
        return asdict(self)
