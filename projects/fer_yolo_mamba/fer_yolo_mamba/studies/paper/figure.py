"""A number of a table, perhaps over several seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, stdev

MISSING = '–'


@dataclass(frozen=True)
class Figure:
    """A mean with its spread, or nothing.

    >>> print(Figure.over_seeds([70.0, 71.0]))
    70.50 ± 0.71

    Attributes:
        mean: Mean over the seeds, None where there is no such number.
        std: Sample standard deviation (n - 1), None of fewer than two seeds.
        at_most: Of a number that the paper has but cannot be told: the
            greatest that it may be. None of any other.
    """

    mean: float | None = None
    std: float | None = None
    at_most: float | None = None

    @classmethod
    def over_seeds(cls, values: Iterable[float]) -> Figure:
        """Mean and spread of the values that are not NaN."""
        values = [value for value in values if not math.isnan(value)]
        return cls(
            fmean(values) if values else None,
            stdev(values) if len(values) > 1 else None,
        )

    def __str__(self) -> str:
        if self.mean is None:
            return MISSING
        if self.std is None:
            return f'{self.mean:.2f}'
        return f'{self.mean:.2f} ± {self.std:.2f}'
