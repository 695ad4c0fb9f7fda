"""AP and F1 of one class where each image counts any number of times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..detection_arrays import GroundTruths
from ..matching import Matches


@dataclass(frozen=True)
class WeightedClass:
    """One class's matches, prepared for a bootstrap over images.

    Copies of an image bring copies of its detections, whose scores and
    verdicts stay as they are. So matching and sorting are done once; what a
    resample changes is how often each row of the sorted list occurs. And AP
    looks at the true positives alone: of what lies between two of them only
    the number matters, which is a sum over images of count times detections.

    Attributes:
        before: Detections between one true positive and the one before it,
            itself included, by image: (T, N) sparse, T true positives in
            descending order of score, N images.
        found_in: Image of each true positive, (T,).
        at_threshold: For each image its true positives, its detections (both
            at or above the score threshold) and its objects, (N, 3).
    """

    before: csr_array
    found_in: np.ndarray
    at_threshold: np.ndarray

    @classmethod
    def from_matches(
        cls,
        matches: Matches,
        objects: GroundTruths,
        num_images: int,
        score_thr: float,
    ) -> WeightedClass:
        """Prepares the matches of one class.

        Args:
            matches: Those of all N images.
            objects: The ground truth that they were made with.
            num_images: N.
            score_thr: Least score of the detections that F1 looks at.
        """
        counted = ~matches.ignored
        right = matches.true_positive[counted]
        images = matches.images[counted]
        kept = matches.scores[counted] >= score_thr
        num_right = int(right.sum())
        # What follows the last true positive has no part in AP.
        row = np.cumsum(right) - right
        early = row < num_right
        before = csr_array(
            (
                np.ones(early.sum(), np.int64),
                (row[early], images[early]),
            ),
            shape=(num_right, num_images),
        )
        at_threshold = np.column_stack(
            [
                np.bincount(where, minlength=num_images)
                for where in (
                    images[kept & right],
                    images[kept],
                    objects.images[~objects.ignored],
                )
            ]
        )
        return cls(before, images[right], at_threshold)

    @property
    def num_objects(self) -> int:
        """Objects of the class in all images."""
        return int(self.at_threshold[:, 2].sum())

    def average_precision(self, counts: np.ndarray) -> np.ndarray:
        """AP of each resample, as :func:`~..average_precision` has it.

        Args:
            counts: How often each image occurs, (R, N) int64.

        Returns:
            (R,), NaN where no object is left.
        """
        found = counts[:, self.found_in]
        right = found.cumsum(axis=1)
        steps = np.ascontiguousarray((self.before @ counts.T).T)
        # The best detections may be absent; 0 of 0 is no precision at all.
        precision = right / steps.cumsum(axis=1).clip(min=1)
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        objects = counts @ self.at_threshold[:, 2]
        return _ratio((found * envelope).sum(axis=1), objects, objects)

    def f1(self, counts: np.ndarray) -> np.ndarray:
        """F1 at the score threshold; as :meth:`average_precision`."""
        right, detections, objects = (counts @ self.at_threshold).T
        return _ratio(2 * right, detections + objects, objects)


def _ratio(above, below, objects: np.ndarray) -> np.ndarray:
    """Quotients, NaN where there is no object."""
    nan = np.full(len(objects), np.nan)
    return np.divide(above, below, out=nan, where=objects > 0)
