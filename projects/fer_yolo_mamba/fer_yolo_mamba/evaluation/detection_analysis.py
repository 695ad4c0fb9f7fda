"""All that a test run says about its detections."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .coco_average_precision import CocoAveragePrecision
from .confusion_matrix import ConfusionMatrix
from .detection_report import DetectionReport
from .matched_classes import MatchedClasses
from .outcomes import Outcomes
from .predictions import Predictions
from .reliability import Reliability
from .threshold_curve import (
    BestThreshold,
    ThresholdCurve,
    best_common_threshold,
)
from .thresholds import require_thresholds
from .worst_mistakes import Mistake, worst_mistakes


@dataclass(frozen=True)
class DetectionAnalysis:
    """The table of a test, and the figures behind its pictures.

    Example::

        analysis = DetectionAnalysis.from_predictions(
            Predictions.read('work_dirs/demo/predictions.json'))
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
    def from_predictions(
        cls,
        predictions: Predictions,
        iou_thr: float = 0.5,
        score_thr: float = 0.5,
    ) -> DetectionAnalysis:
        """Evaluate a test.

        Raises:
            InputError: A threshold is out of range.
        """
        require_thresholds(iou_thr, score_thr)
        matched = MatchedClasses.from_records(
            predictions.records, predictions.class_names, iou_thr
        )
        outcomes = Outcomes.from_matches(matched, score_thr)
        curves = tuple(map(ThresholdCurve.from_matches, matched.matches))
        return cls(
            matched=matched,
            report=DetectionReport.from_matches(matched, score_thr),
            confusion=ConfusionMatrix.from_outcomes(
                matched, outcomes, score_thr
            ),
            curves=curves,
            common_threshold=best_common_threshold(curves),
            reliability=Reliability.from_matches(matched),
            reliability_above=Reliability.from_matches(matched, score_thr),
            coco=CocoAveragePrecision.measure(
                matched.detections,
                matched.ground_truths,
                len(matched.class_names),
            ),
            mistakes=tuple(worst_mistakes(matched, outcomes)),
        )

    def to_dict(self) -> dict:
        """Every figure as plain dictionaries, lists and numbers."""
        names = self.matched.class_names
        coco = (self.coco.ap, self.coco.ap50, self.coco.ap75)
        coco_figures = ('AP', 'AP50', 'AP75')
        return {
            'report': self.report.to_dict(),
            'confusion': {
                'labels': list(self.confusion.labels),
                'counts': self.confusion.counts.tolist(),
            },
            'best_threshold': {
                **{
                    name: asdict(curve.best)
                    for name, curve in zip(names, self.curves, strict=True)
                },
                'all classes': asdict(self.common_threshold),
            },
            'ece': {
                'all detections': self.reliability.ece,
                'at the score threshold': self.reliability_above.ece,
            },
            'coco': {
                **{
                    name: dict(
                        zip(coco_figures, map(float, values), strict=True)
                    )
                    for name, *values in zip(names, *coco, strict=True)
                },
                'average': dict(
                    zip(coco_figures, self.coco.means(), strict=True)
                ),
            },
        }
