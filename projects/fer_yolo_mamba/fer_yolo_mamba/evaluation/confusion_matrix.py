"""Which expression is taken for which, and for none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .matched_classes import MatchedClasses
from .outcomes import Outcomes

BACKGROUND = 'background'


@dataclass(frozen=True)
class ConfusionMatrix:
    """Counts of (truth, detected), with a last row and column for background.

    A detection in the row of background lies on no face, or on one that
    another detection has found; a face in its column was missed. The
    diagonal holds the true positives of the table; a class's row adds up to
    its objects, its column to its detections.

    Attributes:
        class_names: C names.
        counts: (C + 1, C + 1) int64; rows are the truth.
        iou_thr: Least IoU of a match.
        score_thr: Least score of the detections that count.
    """

    class_names: tuple[str, ...]
    counts: np.ndarray
    iou_thr: float
    score_thr: float

    @classmethod
    def from_outcomes(
        cls, matched: MatchedClasses, outcomes: Outcomes, score_thr: float
    ) -> ConfusionMatrix:
        """Count the outcomes at a score threshold."""
        background = len(matched.class_names)
        # Row -1 of the objects, which is none, is the last of these labels.
        truth_of = np.append(matched.ground_truths.labels, background)
        truth = truth_of[np.append(outcomes.ground_truth, outcomes.missed)]
        said = np.append(
            matched.detections.labels[outcomes.detection],
            np.full(len(outcomes.missed), background),
        )
        side = background + 1
        counts = np.bincount(truth * side + said, minlength=side**2)
        return cls(
            matched.class_names,
            counts.reshape(side, side),
            matched.iou_thr,
            score_thr,
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the rows and columns."""
        return (*self.class_names, BACKGROUND)

    @property
    def shares(self) -> np.ndarray:
        """Each row divided by its sum, NaN where that is 0.

        The diagonal is then the recall; (C + 1, C + 1) float64.
        """
        sums = self.counts.sum(axis=1, keepdims=True)
        return self.counts / np.where(sums, sums, np.nan)
