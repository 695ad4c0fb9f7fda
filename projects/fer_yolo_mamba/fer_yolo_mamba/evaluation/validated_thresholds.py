"""A test at the score thresholds that were best on other images."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import fmean

import numpy as np

from ..errors import InputError
from .average_precision import OperatingPoint, operating_point
from .matched_classes import MatchedClasses
from .predictions import ImagePredictions, Predictions
from .threshold_curve import ThresholdCurve


@dataclass(frozen=True)
class ValidatedThresholds:
    """Precision, recall and F1 of a test, each class at its own threshold.

    Attributes:
        class_names: In the order of the labels.
        thresholds: Of each class, where its F1 peaks on the validation split.
        points: Of each class on the test split, there.
    """

    class_names: tuple[str, ...]
    thresholds: tuple[float, ...]
    points: tuple[OperatingPoint, ...]

    @classmethod
    def from_predictions(
        cls,
        validation: Predictions,
        test: Predictions,
        iou_thr: float = 0.5,
        score_thr: float = 0.5,
    ) -> ValidatedThresholds:
        """Choose thresholds on one split and apply them to another.

        Args:
            validation: What the detector said of the images to choose on.
            test: What it said of the images to judge it by.
            iou_thr: Least IoU of a match.
            score_thr: For a class that the validation split does not have,
                or that was never detected there.

        Raises:
            InputError: The classes differ, or an image is in both.
        """
        _require_apart(validation, test)
        chosen, judged = (
            MatchedClasses.from_records(
                split.records, split.class_names, iou_thr
            ).matches
            for split in (validation, test)
        )
        best = [ThresholdCurve.from_matches(m).best.score for m in chosen]
        thresholds = tuple(score_thr if np.isnan(s) else s for s in best)
        return cls(
            test.class_names,
            thresholds,
            tuple(map(operating_point, judged, thresholds)),
        )

    def mean(self, figure: str) -> float:
        """Mean over the classes with ground truth.

        Args:
            figure: Attribute of :class:`OperatingPoint`.
        """
        values = [getattr(point, figure) for point in self.points]
        present = [value for value in values if not np.isnan(value)]
        return fmean(present) if present else float('nan')

    def to_dict(self) -> dict:
        """Threshold and figures of each class."""
        return {
            name: {'score_thr': score, **asdict(point)}
            for name, score, point in zip(
                self.class_names, self.thresholds, self.points, strict=True
            )
        }


def _require_apart(validation: Predictions, test: Predictions) -> None:
    if validation.class_names != test.class_names:
        raise InputError(
            'The thresholds come from a validation of the classes '
            f'{", ".join(validation.class_names)}, the test has '
            f'{", ".join(test.class_names)}: validate with the same config.'
        )
    seen = set(map(_identity, validation.images))
    shared = [image for image in test.images if _identity(image) in seen]
    if shared:
        raise InputError(
            f'{len(shared)} images of the test ({shared[0].path}, ...) are '
            'among those that the thresholds would be chosen on: choose them '
            'on images that the test does not have, such as a validation '
            'split.'
        )


def _identity(image: ImagePredictions) -> tuple:
    """Equal for an image whose set lies in another folder."""
    record = image.record
    return (
        image.image_id,
        image.width,
        image.height,
        record.gt_boxes.tobytes(),
        record.gt_labels.tobytes(),
    )
