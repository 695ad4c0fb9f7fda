"""All figures of a test where each image counts any number of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..matching import MatchedClasses, Matches
from ..records import GroundTruths

MEAN_AP = 'mean_ap'
AVERAGE_F1 = 'avg_f1'


def class_ap(class_name: str) -> str:
    """Name of the figure that is a class's AP."""
    return f'ap {class_name}'


@dataclass(frozen=True)
class WeightedReport:
    """What :class:`DetectionReport` says, for many resamples at once.

    With every count 1 the APs and F1s of the classes are the report's own, to
    the last bit.

    Attributes:
        matched: The test, of N images.
        classes: The matches of each class, in the order of the labels.
        score_thr: Least score of the detections that F1 looks at.
    """

    matched: MatchedClasses
    classes: tuple[WeightedClass, ...]
    score_thr: float

    @classmethod
    def of(
        cls, matched: MatchedClasses, score_thr: float = 0.5
    ) -> WeightedReport:
        """Prepares a test for resampling."""
        objects = matched.ground_truths
        num_images = len(matched.predictions.images)
        classes = tuple(
            WeightedClass.of(
                matches,
                objects.where(objects.labels == label),
                num_images,
                score_thr,
            )
            for label, matches in enumerate(matched.matches)
        )
        return cls(matched, classes, score_thr)

    def figures(
        self, counts: np.ndarray, averaged: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        """``mean_ap``, ``avg_f1`` and ``ap <class>`` of every class.

        Args:
            counts: How often each of N images occurs, (R, N) int64.
            averaged: Classes that the two means run over; all by default.
                A class without an object in a resample is left out there.

        Returns:
            By name, (R,) values each, NaN without objects.
        """
        ap = np.stack([c.average_precision(counts) for c in self.classes])
        f1 = np.stack([c.f1(counts) for c in self.classes])
        names = self.matched.class_names
        chosen = np.isin(names, names if averaged is None else averaged)
        return {
            MEAN_AP: _mean(ap[chosen]),
            AVERAGE_F1: _mean(f1[chosen]),
            **dict(zip(map(class_ap, names), ap, strict=True)),
        }

    def observed(
        self, averaged: Sequence[str] | None = None
    ) -> dict[str, float]:
        """The figures of the images as they are; as :meth:`figures`."""
        once = np.ones((1, len(self.matched.predictions.images)), np.int64)
        return {
            name: float(value)
            for name, (value,) in self.figures(once, averaged).items()
        }

    def images_right(self) -> np.ndarray:
        """Decides about each image as a whole.

        An image is right if, among the detections at or above the score
        threshold, every face is found with its class and no detection is
        false: none of another class, none beside the faces, none that finds
        a face again. An image without a face is right if nothing is detected
        in it. (Design decision: the strictest reading of "understood"; the
        paper has no figure of images.)

        Returns:
            (N,) bool.
        """
        true_positives, detections, objects = np.stack(
            [c.at_threshold for c in self.classes]
        ).transpose(2, 0, 1)
        right = (true_positives == detections) & (true_positives == objects)
        return right.all(axis=0)


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
    def of(
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
            (np.ones(early.sum(), np.int64), (row[early], images[early])),
            shape=(num_right, num_images),
        )
        counted_in = (
            images[kept & right],
            images[kept],
            objects.images[~objects.ignored],
        )
        at_threshold = np.column_stack(
            [np.bincount(where, minlength=num_images) for where in counted_in]
        )
        return cls(before, images[right], at_threshold)

    @property
    def num_objects(self) -> int:
        """Objects of the class in all images."""
        return int(self.at_threshold[:, 2].sum())

    def average_precision(self, counts: np.ndarray) -> np.ndarray:
        """AP of each resample, as :func:`.curves.average_precision` has it.

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


def _mean(values: np.ndarray) -> np.ndarray:
    """Means over the first axis without NaN; NaN of nothing."""
    present = ~np.isnan(values)
    total = np.where(present, values, 0).sum(axis=0)
    number = present.sum(axis=0)
    return _ratio(total, number, number)
