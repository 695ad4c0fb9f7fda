"""Whether two detectors differ by more than luck."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import binomtest

from ..matching import MatchedClasses
from ..predictions import Predictions, pair_predictions
from .bootstrap import DIGITS, Estimate, Progress, StratifiedBootstrap
from .weighted import WeightedReport


@dataclass(frozen=True)
class Comparison:
    """Two tests on the same images.

    The bootstrap is paired: what makes a resample hard is hard for both, so
    the interval of a difference is narrower than those of the two suggest.

    Example::

        ours, theirs = map(Predictions.read, ('a.json', 'b.json'))
        gain = Comparison.of(ours, theirs).figures['mean_ap'].difference
        gain.low > 0               # better by more than luck

    Attributes:
        figures: Mean AP, average F1 and the AP of each class by name; see
            :meth:`WeightedReport.figures`.
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
            resamples, seed, progress: As of :meth:`.Intervals.of`.

        Raises:
            InputError: They were tested on different images or ground truth.
        """
        tests = list(map(MatchedClasses.of, pair_predictions(first, second)))
        reports = list(map(WeightedReport.of, tests))
        bootstrap = StratifiedBootstrap.of_images(tests[0], resamples, seed)
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
            'iou_thr': self.report.matched.iou_thr,
            'score_thr': self.report.score_thr,
            **self.bootstrap.to_dict(),
            'mcnemar': {
                **vars(self.decisions),
                'p_value': self.decisions.p_value,
            },
            'figures': {k: asdict(v) for k, v in self.figures.items()},
        }


@dataclass(frozen=True)
class ComparedFigure:
    """A figure of two detectors on the same images.

    Attributes:
        first: Of the first detector.
        second: Of the second.
        difference: First minus second.
        superiority: Share of the resamples in which the first is better, a
            draw counting half; NaN for a class without objects.
    """

    first: Estimate
    second: Estimate
    difference: Estimate
    superiority: float

    @classmethod
    def from_resamples(
        cls,
        values: tuple[float, float],
        resamples: tuple[np.ndarray, np.ndarray],
    ) -> ComparedFigure:
        """Compares a figure.

        Args:
            values: Of both detectors, on the images as they are.
            resamples: (R,) for each, in the same resamples.
        """
        first, second = map(Estimate.of_figure, values, resamples)
        gains = np.round(resamples[0] - resamples[1], DIGITS)
        known = gains[~np.isnan(gains)]
        return cls(
            first,
            second,
            Estimate.of_difference(values[0] - values[1], gains),
            float(np.sign(known).mean() / 2 + 0.5) if known.size else math.nan,
        )


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test on decisions that are right or wrong.

    McNemar, Psychometrika 12, 1947; the exact form, which holds for small
    numbers too: if neither detector were better, the images that one alone
    gets right would fall to either like tosses of a coin.

    Attributes:
        both: Images that both get right.
        only_first: Images that the first alone gets right.
        only_second: Images that the second alone gets right.
        neither: Images that both get wrong.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @classmethod
    def from_decisions(cls, first: np.ndarray, second: np.ndarray) -> McNemar:
        """Counts two arrays of right decisions, (N,) bool each."""
        return cls(
            both=int((first & second).sum()),
            only_first=int((first & ~second).sum()),
            only_second=int((second & ~first).sum()),
            neither=int((~first & ~second).sum()),
        )

    @property
    def p_value(self) -> float:
        """Two-sided; 1 where the two never differ."""
        differing = self.only_first + self.only_second
        if not differing:
            return 1.0
        return float(binomtest(self.only_first, differing).pvalue)
