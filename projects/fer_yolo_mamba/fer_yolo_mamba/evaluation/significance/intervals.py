"""How sure the figures of one test are."""

from __future__ import annotations

from dataclasses import dataclass

from ..predictions import Predictions
from .estimate import Estimate
from .stratified_bootstrap import Progress, StratifiedBootstrap
from .weighted_report import WeightedReport


@dataclass(frozen=True)
class Intervals:
    """An interval beside every figure.

    Example::

        intervals = Intervals.of(Predictions.read('predictions.json'))
        intervals.figures['mAP']   # Estimate(value=0.72, low=0.70, high=0.74)

    Attributes:
        figures: mAP, Avg_F1 and the AP of each class by name.
        num_right: Images that are right as a whole; see
            :meth:`WeightedReport.images_right`.
        report: The test.
        bootstrap: How its resamples were drawn.
    """

    figures: dict[str, Estimate]
    num_right: int
    report: WeightedReport
    bootstrap: StratifiedBootstrap

    @classmethod
    def of(
        cls,
        predictions: Predictions,
        resamples: int = 10_000,
        seed: int = 0,
        progress: Progress = lambda done, total: None,
        iou_thr: float = 0.5,
        score_thr: float = 0.5,
    ) -> Intervals:
        """Resamples the images of a test.

        Args:
            predictions: What the detector said.
            resamples: How many resamples to draw.
            seed: The same seed draws the same ones.
            progress: Is told the numbers of finished and of all resamples.
            iou_thr: Least IoU of a match.
            score_thr: Least score of the detections that F1 looks at.
        """
        report = WeightedReport.from_records(
            predictions.records, predictions.class_names, iou_thr, score_thr
        )
        bootstrap = StratifiedBootstrap.by_classes(
            predictions.records, resamples, seed
        )
        (resampled,) = bootstrap.figures([report], progress)
        figures = Estimate.of_figures(report.observed(), resampled)
        num_right = int(report.images_right().sum())
        return cls(figures, num_right, report, bootstrap)

    def to_dict(self) -> dict:
        """Everything as plain dictionaries and numbers."""
        return {
            'iou_thr': self.report.iou_thr,
            'score_thr': self.report.score_thr,
            **self.bootstrap.to_dict(),
            'images_right': self.num_right,
            'figures': {
                name: figure.to_dict() for name, figure in self.figures.items()
            },
        }
