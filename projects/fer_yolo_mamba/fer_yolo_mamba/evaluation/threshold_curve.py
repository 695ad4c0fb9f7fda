"""Precision, recall and F1 of a class at every score threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .matching import Matches


@dataclass(frozen=True)
class BestThreshold:
    """The least score that makes F1 as large as it can be.

    Attributes:
        score: Detections at or above it are let in; NaN without detections
            or without ground truth.
        f1: The F1 that results.
    """

    score: float
    f1: float


@dataclass(frozen=True)
class ThresholdCurve:
    """Counts of the detections at or above each score that occurs.

    Attributes:
        thresholds: (T,) distinct scores, descending.
        num_detections: (T,) detections at or above each, without ignored ones.
        num_true_positives: (T,) those among them that are right.
        num_ground_truths: Objects of the class.
    """

    thresholds: np.ndarray
    num_detections: np.ndarray
    num_true_positives: np.ndarray
    num_ground_truths: int

    @classmethod
    def from_matches(cls, matches: Matches) -> ThresholdCurve:
        """The curve of one class."""
        counted = ~matches.ignored
        scores = matches.scores[counted]
        # Detections with equal scores come in together.
        last = np.flatnonzero(np.diff(scores, append=-np.inf))
        true_positives = np.cumsum(matches.true_positive[counted])
        return cls(
            scores[last],
            last + 1,
            true_positives[last],
            matches.num_ground_truths,
        )

    def at(
        self, thresholds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Precision, recall and F1 at any thresholds.

        They are those of :func:`.average_precision.operating_point`: 0 where
        nothing was detected, NaN without ground truth.

        Args:
            thresholds: (N,) of any order.

        Returns:
            Three arrays (N,) float64.
        """
        if not self.num_ground_truths:
            nan = np.full(len(thresholds), np.nan)
            return nan, nan, nan
        let_in = np.searchsorted(-self.thresholds, -thresholds, side='right')
        detections = np.append(0, self.num_detections)[let_in]
        true_positives = np.append(0, self.num_true_positives)[let_in]
        return (
            true_positives / np.maximum(detections, 1),
            true_positives / self.num_ground_truths,
            2 * true_positives / (detections + self.num_ground_truths),
        )

    @property
    def best(self) -> BestThreshold:
        """Where F1 peaks; of several such thresholds the highest."""
        return best_common_threshold([self])


def best_common_threshold(curves: Sequence[ThresholdCurve]) -> BestThreshold:
    """The one threshold for all classes that makes the mean F1 largest.

    Args:
        curves: One a class; classes without ground truth are left out.

    Returns:
        The highest of the best thresholds, and the mean F1 there.
    """
    curves = [curve for curve in curves if curve.num_ground_truths]
    if not curves:
        return BestThreshold(np.nan, np.nan)
    scores = np.unique(np.concatenate([c.thresholds for c in curves]))[::-1]
    if not len(scores):
        return BestThreshold(np.nan, 0.0)
    total = np.zeros(len(scores))
    for curve in curves:
        total += curve.at(scores)[2]
    best = np.argmax(total)
    return BestThreshold(float(scores[best]), float(total[best] / len(curves)))
