"""All figures of a test where each image counts any number of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..image_record import ImageRecord
from ..matched_classes import MatchedClasses
from .weighted_class import WeightedClass

MEAN_AP = 'mAP'
AVERAGE_F1 = 'Avg_F1'


def class_ap(class_name: str) -> str:
    """Name of the figure that is a class's AP."""
    return f'AP {class_name}'


@dataclass(frozen=True)
class WeightedReport:
    """What :class:`DetectionReport` says, for many resamples at once.

    With every count 1 the APs and F1s of the classes are the report's own, to
    the last bit.

    Attributes:
        class_names: In the order of the labels.
        classes: Their matches, in the same order.
        num_images: N.
        iou_thr: Least IoU of a match.
        score_thr: Least score of the detections that F1 looks at.
    """

    class_names: tuple[str, ...]
    classes: tuple[WeightedClass, ...]
    num_images: int
    iou_thr: float
    score_thr: float

    @classmethod
    def from_records(
        cls,
        records: Sequence[ImageRecord],
        class_names: Sequence[str],
        iou_thr: float = 0.5,
        score_thr: float = 0.5,
    ) -> WeightedReport:
        """Matches the detections of all images, class by class."""
        matched = MatchedClasses.from_records(records, class_names, iou_thr)
        objects = matched.ground_truths
        classes = tuple(
            WeightedClass.from_matches(
                matches,
                objects.where(objects.labels == label),
                len(records),
                score_thr,
            )
            for label, matches in enumerate(matched.matches)
        )
        return cls(
            tuple(class_names), classes, len(records), iou_thr, score_thr
        )

    def figures(
        self, counts: np.ndarray, averaged: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        """mAP, Avg_F1 and the AP of every class.

        Args:
            counts: How often each of N images occurs, (R, N) int64.
            averaged: Classes that the two means run over; all by default.
                A class without an object in a resample is left out there.

        Returns:
            By name, (R,) values each, NaN without objects.
        """
        ap = np.stack([c.average_precision(counts) for c in self.classes])
        f1 = np.stack([c.f1(counts) for c in self.classes])
        chosen = np.isin(
            self.class_names, self.class_names if averaged is None else averaged
        )
        return {
            MEAN_AP: _mean(ap[chosen]),
            AVERAGE_F1: _mean(f1[chosen]),
            **dict(zip(map(class_ap, self.class_names), ap, strict=True)),
        }

    def observed(
        self, averaged: Sequence[str] | None = None
    ) -> dict[str, float]:
        """The figures of the images as they are; as :meth:`figures`."""
        once = np.ones((1, self.num_images), np.int64)
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


def _mean(values: np.ndarray) -> np.ndarray:
    """Means over the first axis without NaN; NaN of nothing."""
    present = ~np.isnan(values)
    nan = np.full(values.shape[1:], np.nan)
    total = np.where(present, values, 0).sum(axis=0)
    number = present.sum(axis=0)
    return np.divide(total, number, out=nan, where=number > 0)
