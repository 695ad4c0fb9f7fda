"""All that a test says: at one threshold, at all, and at validated ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import fmean

import numpy as np

from ..errors import InputError
from .coco_average_precision import CocoAveragePrecision
from .curves import (
    BestThreshold,
    OperatingPoint,
    Reliability,
    ThresholdCurve,
    best_common_threshold,
    operating_point,
)
from .matching import MatchedClasses
from .mistakes import ConfusionMatrix, Mistake, Outcomes, worst_mistakes
from .predictions import Predictions
from .records import ImageRecord
from .report import DetectionReport, require_thresholds


@dataclass(frozen=True)
class DetectionAnalysis:
    """The table of a test, and the figures behind its pictures.

    Example::

        predictions = Predictions.read('work_dirs/demo/predictions.json')
        analysis = DetectionAnalysis.of(MatchedClasses.of(predictions))
        print(analysis.report)
        analysis.common_threshold.score   # 0.4375

    Attributes:
        matched: The one matching that all the rest is made from.
        report: The paper's figures.
        confusion: At the report's score threshold.
        curves: One a class, over all thresholds.
        common_threshold: The best single threshold for all classes.
        reliability: Of all detections.
        reliability_above: Of those at or above the score threshold.
        coco: AP over IoU 0.5 to 0.95.
        mistakes: The worst ones, at the score threshold.
    """

    matched: MatchedClasses
    report: DetectionReport
    confusion: ConfusionMatrix
    curves: tuple[ThresholdCurve, ...]
    common_threshold: BestThreshold
    reliability: Reliability
    reliability_above: Reliability
    coco: CocoAveragePrecision
    mistakes: tuple[Mistake, ...]

    @classmethod
    def of(
        cls, matched: MatchedClasses, score_thr: float = 0.5
    ) -> DetectionAnalysis:
        """Evaluate a test.

        Raises:
            InputError: A threshold is out of range.
        """
        require_thresholds(matched.iou_thr, score_thr)
        outcomes = Outcomes.of(matched, score_thr)
        curves = tuple(map(ThresholdCurve.of, matched.matches))
        return cls(
            matched=matched,
            report=DetectionReport.of(matched, score_thr),
            confusion=ConfusionMatrix.of(matched, outcomes),
            curves=curves,
            common_threshold=best_common_threshold(curves),
            reliability=Reliability.of(matched),
            reliability_above=Reliability.of(matched, score_thr),
            coco=CocoAveragePrecision.of(matched),
            mistakes=tuple(worst_mistakes(matched, outcomes)),
        )

    def to_dict(self) -> dict:
        """Every figure as plain dictionaries, lists and numbers."""
        names = self.matched.class_names
        best = zip(
            (*names, 'all classes'),
            (*(curve.best for curve in self.curves), self.common_threshold),
            strict=True,
        )
        return {
            'report': self.report.to_dict(),
            'confusion': {
                'labels': list(self.confusion.labels),
                'counts': self.confusion.counts.tolist(),
            },
            'best_threshold': {name: asdict(there) for name, there in best},
            'ece': {
                'all detections': self.reliability.ece,
                'at the score threshold': self.reliability_above.ece,
            },
            'coco': {row.pop('class'): row for row in self.coco.rows(names)},
        }


@dataclass(frozen=True)
class ValidatedThresholds:
    """Precision, recall and F1 of a test, each class at its own threshold.

    Attributes:
        class_names: In the order of the labels.
        thresholds: Of each class, where its F1 peaks on the validation split;
            `score_thr` of :meth:`of` where it has no peak there.
        points: Of each class on the test split, there.
    """

    class_names: tuple[str, ...]
    thresholds: tuple[float, ...]
    points: tuple[OperatingPoint, ...]

    @classmethod
    def of(
        cls,
        validation: Predictions,
        matched: MatchedClasses,
        score_thr: float = 0.5,
    ) -> ValidatedThresholds:
        """Choose thresholds on one split and apply them to another.

        Args:
            validation: What the detector said of the images to choose on.
            matched: The test.
            score_thr: For a class that the validation split does not have,
                or of which it has no right detection: its F1 is 0 at every
                threshold there.

        Raises:
            InputError: The classes differ, or an image is in both.
        """
        _require_apart(validation, matched.predictions)
        chosen = MatchedClasses.of(validation, matched.iou_thr).matches
        best = [ThresholdCurve.of(matches).best for matches in chosen]
        # No F1 at all, NaN, is not above 0 either.
        thresholds = tuple(b.score if b.f1 > 0 else score_thr for b in best)
        return cls(
            matched.class_names,
            thresholds,
            tuple(map(operating_point, matched.matches, thresholds)),
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


def _identity(image: ImageRecord) -> tuple:
    """Equal for an image whose set lies in another folder."""
    boxes, labels = image.gt_boxes.tobytes(), image.gt_labels.tobytes()
    return image.image_id, image.width, image.height, boxes, labels
