"""What became of every detection and every object at a score threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .matched_classes import MatchedClasses
from .matching import match_detections


@dataclass(frozen=True)
class Outcomes:
    """Which face each detection lies on, and which faces none lies on.

    First the matches within the classes count, which are the true positives
    of the table. What is left on both sides is then matched without regard
    to the class, by the same rule: these are faces under a wrong name.
    (Design decision. To match without regard to the class at once would
    give the face to the best-scored name, and the diagonal of a confusion
    matrix would not be the true positives.)

    Detections that the table ignores, and ignored objects, are left out.

    Attributes:
        detection: (K,) rows of the detections at or above the threshold.
        ground_truth: (K,) row of the object that each lies on, -1 for none.
        missed: (M,) rows of the objects on which no such detection lies.
    """

    detection: np.ndarray
    ground_truth: np.ndarray
    missed: np.ndarray

    @classmethod
    def from_matches(
        cls, matched: MatchedClasses, score_thr: float = 0.5
    ) -> Outcomes:
        """Follow the detections of all classes."""
        found = np.full(len(matched.detections.scores), -1, np.int64)
        kept = np.zeros(len(found), bool)
        for matches in matched.matches:
            kept[matches.detection] = ~matches.ignored & (
                matches.scores >= score_thr
            )
            found[matches.detection] = matches.ground_truth
        found[~kept] = -1

        free = ~matched.ground_truths.ignored
        free[found[found >= 0]] = False
        rest, left = np.flatnonzero(kept & (found < 0)), np.flatnonzero(free)
        confused = match_detections(
            matched.detections.where(rest),
            matched.ground_truths.where(left),
            matched.iou_thr,
        )
        hit = confused.true_positive
        wrong_name = left[confused.ground_truth[hit]]
        found[rest[confused.detection[hit]]] = wrong_name
        free[wrong_name] = False

        detection = np.flatnonzero(kept)
        return cls(detection, found[detection], np.flatnonzero(free))
