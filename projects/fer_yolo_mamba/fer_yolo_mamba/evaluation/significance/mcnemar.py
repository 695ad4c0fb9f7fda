"""McNemar's exact test on decisions that are right or wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest


@dataclass(frozen=True)
class McNemar:
    """How two detectors' decisions about the same images agree.

    McNemar, Psychometrika 12, 1947; the exact form, which holds for small
    numbers too: if neither detector were better, the images that one alone
    gets right would fall to either like tosses of a coin.

    Attributes:
        both: Images that both get right.
        only_first: Images that the first alone gets right.
        only_second: Images that the second alone gets right.
        neither: Images that both get wrong.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @classmethod
    def from_decisions(cls, first: np.ndarray, second: np.ndarray) -> McNemar:
        """Counts two arrays of right decisions, (N,) bool each."""
        return cls(
            both=int((first & second).sum()),
            only_first=int((first & ~second).sum()),
            only_second=int((second & ~first).sum()),
            neither=int((~first & ~second).sum()),
        )

    @property
    def p_value(self) -> float:
        """Two-sided; 1 where the two never differ."""
        differing = self.only_first + self.only_second
        if not differing:
            return 1.0
        return float(binomtest(self.only_first, differing).pvalue)

    def to_dict(self) -> dict[str, float]:
        """Counts and p-value."""
        return {**vars(self), 'p_value': self.p_value}
