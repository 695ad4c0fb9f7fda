"""Whether two detectors differ by more than luck."""

from __future__ import annotations

from dataclasses import dataclass

from ..paired_predictions import pair_predictions
from ..predictions import Predictions
from .compared_figure import ComparedFigure
from .mcnemar import McNemar
from .stratified_bootstrap import Progress, StratifiedBootstrap
from .weighted_report import WeightedReport


@dataclass(frozen=True)
class Comparison:
    """Two tests on the same images.

    The bootstrap is paired: what makes a resample hard is hard for both, so
    the interval of a difference is narrower than those of the two suggest.

    Example::

        ours, theirs = map(Predictions.read, ('a.json', 'b.json'))
        gain = Comparison.of(ours, theirs).figures['mAP'].difference
        gain.low > 0               # better by more than luck

    Attributes:
        figures: mAP, Avg_F1 and the AP of each class by name.
        decisions: About whole images; see
            :meth:`WeightedReport.images_right`.
        report: The first test.
        bootstrap: How the resamples were drawn.
    """

    figures: dict[str, ComparedFigure]
    decisions: McNemar
    report: WeightedReport
    bootstrap: StratifiedBootstrap

    @classmethod
    def of(
        cls,
        first: Predictions,
        second: Predictions,
        resamples: int = 10_000,
        seed: int = 0,
        progress: Progress = lambda done, total: None,
    ) -> Comparison:
        """Resamples the images of both tests alike.

        Args:
            first: What the one detector said.
            second: What the other one said.
            resamples: How many resamples to draw.
            seed: The same seed draws the same ones.
            progress: Is told the numbers of finished and of all resamples.

        Raises:
            InputError: They were tested on different images or ground truth.
        """
        first, second = pair_predictions(first, second)
        reports = [
            WeightedReport.from_records(test.records, test.class_names)
            for test in (first, second)
        ]
        bootstrap = StratifiedBootstrap.by_classes(
            first.records, resamples, seed
        )
        a, b = (report.observed() for report in reports)
        resampled = bootstrap.figures(reports, progress)
        figures = {
            name: ComparedFigure.from_resamples(
                (a[name], b[name]), tuple(test[name] for test in resampled)
            )
            for name in a
        }
        decisions = McNemar.from_decisions(
            *(report.images_right() for report in reports)
        )
        return cls(figures, decisions, reports[0], bootstrap)

    def to_dict(self) -> dict:
        """Everything as plain dictionaries and numbers."""
        return {
            'iou_thr': self.report.iou_thr,
            'score_thr': self.report.score_thr,
            **self.bootstrap.to_dict(),
            'mcnemar': self.decisions.to_dict(),
            'figures': {
                name: figure.to_dict() for name, figure in self.figures.items()
            },
        }
