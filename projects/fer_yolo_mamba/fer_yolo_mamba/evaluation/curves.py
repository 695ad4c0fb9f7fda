"""Figures and curves of matches: AP, precision, recall, F1, reliability.

A class without ground truth has no recall, and so no AP and no F1: all its
figures are NaN. A class with ground truth always has figures; precision is 0
where nothing was detected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .matching import MatchedClasses, Matches

_BINS = 10


def average_precision(matches: Matches) -> float:
    """Area under the all-point interpolated precision-recall curve.

    Returns:
        A value in [0, 1]; NaN without ground truth.
    """
    if not matches.num_ground_truths:
        return float('nan')
    return float(
        interpolated_precision(matches).sum() / matches.num_ground_truths
    )


def interpolated_precision(matches: Matches) -> np.ndarray:
    """Precision at each step of the recall, interpolated at all points.

    The precision at a recall is the best one reached at that recall or a
    higher one, as in VOC since 2010 and in the evaluation that the paper
    used (its section IV-B leaves the interpolation open). Ignored detections
    are left out.

    Returns:
        (true positives,) values, never rising; recall rises by 1 / ground
        truths at each.
    """
    right = matches.true_positive[~matches.ignored]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return envelope[right]


@dataclass(frozen=True)
class OperatingPoint:
    """The figures of one class at a score threshold.

    Attributes:
        precision: True positives / detections; 0 without detections.
        recall: True positives / ground truths.
        f1: Harmonic mean of the two; 0 where both are 0.
        num_detections: Detections at or above the threshold.
        num_true_positives: Those among them that are right.
    """

    precision: float
    recall: float
    f1: float
    num_detections: int
    num_true_positives: int


def operating_point(matches: Matches, score_thr: float = 0.5) -> OperatingPoint:
    """Precision, recall and F1 of the detections at or above a score.

    A class that has ground truth but no such detection scores 0 in all
    three (design decision; its best single detection is not called in).
    """
    kept = ~matches.ignored & (matches.scores >= score_thr)
    detections = int(kept.sum())
    true_positives = int(matches.true_positive[kept].sum())
    ground_truths = matches.num_ground_truths
    if not ground_truths:
        nan = float('nan')
        return OperatingPoint(nan, nan, nan, detections, true_positives)
    return OperatingPoint(
        precision=true_positives / detections if detections else 0.0,
        recall=true_positives / ground_truths,
        f1=2 * true_positives / (detections + ground_truths),
        num_detections=detections,
        num_true_positives=true_positives,
    )


@dataclass(frozen=True)
class BestThreshold:
    """The threshold that makes F1 as large as it can be.

    Attributes:
        score: Detections at or above it are let in. Of several such
            thresholds the highest; NaN without detections or without ground
            truth.
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
    def of(cls, matches: Matches) -> ThresholdCurve:
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

        They are those of :func:`operating_point`: 0 where nothing was
        detected, NaN without ground truth.

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
        """Where F1 peaks."""
        return best_common_threshold([self])


def best_common_threshold(
    curves: Sequence[ThresholdCurve], slack: float = 0.0
) -> BestThreshold:
    """The one threshold for all classes that makes the mean F1 largest.

    Args:
        curves: One a class; classes without ground truth are left out.
        slack: The part of the largest mean F1 that may be lost for a lower
            threshold, which lets more in.

    Returns:
        The highest of the best thresholds, or with slack the lowest that can
        be reached from there, and the mean F1 there.
    """
    curves = [curve for curve in curves if curve.num_ground_truths]
    if not curves:
        return BestThreshold(np.nan, np.nan)
    scores = np.unique(np.concatenate([c.thresholds for c in curves]))[::-1]
    if not len(scores):
        return BestThreshold(np.nan, 0.0)
    total = sum(curve.at(scores)[2] for curve in curves)
    best = np.argmax(total)
    lost = total[best + 1 :] <= (1 - slack) * total[best]
    best += np.argmax(lost) if lost.any() else len(lost)
    return BestThreshold(float(scores[best]), float(total[best] / len(curves)))


@dataclass(frozen=True)
class Reliability:
    """Whether a score of 0.8 means right in eight cases of ten.

    Scores against the share of right detections, in bins of equal width. Of
    one detection, "right" means true positive; ignored detections are left
    out. The expected calibration error is the mean distance between the two
    over the bins, weighted by their detections (Guo et al. 2017, with
    precision in place of accuracy as Küppers et al. 2020 for detectors).

    Attributes:
        counts: (B,) detections in each bin over [0, 1].
        mean_score: (B,) NaN in an empty bin.
        precision: (B,) NaN in an empty bin.
    """

    counts: np.ndarray
    mean_score: np.ndarray
    precision: np.ndarray

    @classmethod
    def of(
        cls, matched: MatchedClasses, least_score: float = 0.0
    ) -> Reliability:
        """Bin the detections of all classes at or above a score."""
        scores = np.concatenate([m.scores for m in matched.matches])
        right = np.concatenate([m.true_positive for m in matched.matches])
        kept = scores >= least_score
        kept &= ~np.concatenate([m.ignored for m in matched.matches])
        scores, right = scores[kept], right[kept]
        bin_of = (scores * _BINS).astype(int).clip(0, _BINS - 1)
        counts = np.bincount(bin_of, minlength=_BINS)
        # NaN rather than a warning where there is nothing to divide by.
        divisor = np.where(counts, counts, np.nan)
        return cls(
            counts,
            np.bincount(bin_of, scores, _BINS) / divisor,
            np.bincount(bin_of, right, _BINS) / divisor,
        )

    @property
    def ece(self) -> float:
        """Expected calibration error, in [0, 1]; NaN without detections."""
        total = self.counts.sum()
        if not total:
            return float('nan')
        gaps = self.counts * np.abs(self.precision - self.mean_score)
        return float(np.nansum(gaps) / total)
