"""Precision, recall, F1 and average precision of one class's matches.

A class without ground truth has no recall, and so no AP and no F1: all its
figures are NaN. A class with ground truth always has figures; precision is 0
where nothing was detected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .matching import Matches


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """Precision and recall as ever more detections are let in.

    Attributes:
        scores: (N,) descending scores of the detections that count.
        precision: (N,) when all detections up to this one are let in.
        recall: (N,) likewise, never falling; NaN without ground truth.
    """

    scores: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


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


def precision_recall_curve(matches: Matches) -> PrecisionRecallCurve:
    """The curve over all detections; ignored ones are left out."""
    counted = ~matches.ignored
    true_positives = np.cumsum(matches.true_positive[counted])
    detections = np.arange(1, len(true_positives) + 1)
    if matches.num_ground_truths:
        recall = true_positives / matches.num_ground_truths
    else:
        recall = np.full(len(true_positives), np.nan)
    return PrecisionRecallCurve(
        matches.scores[counted], true_positives / detections, recall
    )


def interpolated_precision(matches: Matches) -> np.ndarray:
    """Precision at each step of the recall, interpolated at all points.

    The precision at a recall is the best one reached at that recall or a
    higher one, as in VOC since 2010 and in the evaluation that the paper
    used (its section IV-B leaves the interpolation open).

    Returns:
        (true positives,) values, never rising; recall rises by 1 / ground
        truths at each.
    """
    precision = precision_recall_curve(matches).precision
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return envelope[matches.true_positive[~matches.ignored]]


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
