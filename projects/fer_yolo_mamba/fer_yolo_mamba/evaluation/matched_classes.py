"""The matching of a whole test, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .detection_arrays import Detections, GroundTruths
from .image_record import ImageRecord
from .matching import Matches, match_detections


@dataclass(frozen=True)
class MatchedClasses:
    """Detections and objects of all images, matched within each class.

    What the table, the curves, the confusion matrix and the reliability
    diagram are made from, so that they agree.

    Attributes:
        class_names: In the order of the labels.
        iou_thr: Least IoU of a match.
        detections: Of all classes, D rows.
        ground_truths: Of all classes, G rows.
        matches: One for each class; their ``detection`` and
            ``ground_truth`` are rows of the two above.
    """

    class_names: tuple[str, ...]
    iou_thr: float
    detections: Detections
    ground_truths: GroundTruths
    matches: tuple[Matches, ...]

    @classmethod
    def from_records(
        cls,
        records: Sequence[ImageRecord],
        class_names: Sequence[str],
        iou_thr: float = 0.5,
    ) -> MatchedClasses:
        """Match the detections of all images."""
        detections = Detections.from_records(records)
        objects = GroundTruths.from_records(records)
        matches = tuple(
            _match_class(detections, objects, label, iou_thr)
            for label in range(len(class_names))
        )
        return cls(tuple(class_names), iou_thr, detections, objects, matches)


def _match_class(
    detections: Detections, objects: GroundTruths, label: int, iou_thr: float
) -> Matches:
    of_class = detections.labels == label
    objects_of_class = objects.labels == label
    matches = match_detections(
        detections.where(of_class), objects.where(objects_of_class), iou_thr
    )
    # From rows among the class's own to rows among all.
    right = matches.true_positive
    ground_truth = matches.ground_truth.copy()
    ground_truth[right] = np.flatnonzero(objects_of_class)[ground_truth[right]]
    return replace(
        matches,
        detection=np.flatnonzero(of_class)[matches.detection],
        ground_truth=ground_truth,
    )
