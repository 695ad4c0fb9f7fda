"""A bootstrap over images, and the intervals that come of it.

How often such intervals of 95 % hold the truth, of 100 simulated tests with
200 resamples each: 500 and 126 pictures of seven faces with an mAP as low, and
as biased, as after a short training, 300 of one face and 300 of two with a good
one. Of an mAP: basic 94, 89, 84, 95; percentile 37, 19, 84, 94; bias-corrected
65, 41, 87, 96. Of a difference, percentile: 94, 92, 91, 93. By strata of the
classes on a picture, as earlier versions drew, basic ones hold it in 89, 61, 86
and 87: a picture of several faces is mostly alone in its stratum. What still is
missed is bias that a bootstrap does not see, and classes of a handful of faces.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..matching import MatchedClasses
from .weighted import WeightedReport

Progress = Callable[[int, int], None]

#: Share of the resamples that an interval holds.
COVERAGE = 0.95

# Values this close differ by rounding alone.
DIGITS = 12

# Numbers in one block of counts: a few of them fit into a processor's cache.
_BLOCK = 1 << 17


@dataclass(frozen=True)
class StratifiedBootstrap:
    """Draws images with replacement, as many of each stratum as there are.

    Efron and Tibshirani: An Introduction to the Bootstrap, 1993, chapter 6.
    Strata keep what a test has fixed: with the groups of an image as its
    stratum no resample lacks a group. An image that is alone in its stratum
    occurs once in every resample, and adds nothing to the width of an
    interval.

    Attributes:
        strata: The stratum of each image, N of them.
        resamples: How many to draw.
        seed: The same seed draws the same images.
    """

    strata: Sequence[Hashable]
    resamples: int = 10_000
    seed: int = 0

    @classmethod
    def of_images(
        cls, matched: MatchedClasses, resamples: int, seed: int
    ) -> StratifiedBootstrap:
        """All images alike: whatever may differ between tests is drawn."""
        return cls([None] * len(matched.predictions.images), resamples, seed)

    @property
    def num_alone(self) -> int:
        """Images that are alone in their stratum."""
        return sum(n == 1 for n in Counter(self.strata).values())

    def figures(
        self,
        reports: Sequence[WeightedReport],
        progress: Progress = lambda done, total: None,
        averaged: Sequence[str] | None = None,
    ) -> list[dict[str, np.ndarray]]:
        """The figures of several reports, all in the same resamples.

        Args:
            reports: About the same images in the same order.
            progress: Is told the numbers of finished and of all resamples.
            averaged: See :meth:`WeightedReport.figures`.

        Returns:
            For each report, (resamples,) values by name.
        """
        blocks = []
        done = 0
        for counts in self.counts():
            blocks.append([r.figures(counts, averaged) for r in reports])
            done += len(counts)
            progress(done, self.resamples)
        return [
            {
                name: np.concatenate([block[name] for block in of_report])
                for name in of_report[0]
            }
            for of_report in zip(*blocks, strict=True)
        ]

    def counts(self) -> Iterator[np.ndarray]:
        """Yields how often each image occurs, (R, N) int64, block by block.

        The blocks' R add up to the number of resamples.
        """
        numbers: dict[Hashable, int] = {}
        strata = np.array(
            [numbers.setdefault(key, len(numbers)) for key in self.strata]
        )
        by_stratum = np.argsort(strata, kind='stable')
        size = np.bincount(strata)
        # For each place of a resample, the stratum that it draws from.
        first = np.repeat(np.cumsum(size) - size, size)
        size = np.repeat(size, size)
        random = np.random.default_rng(self.seed)
        num_images = len(strata)
        block = max(1, _BLOCK // num_images)
        for start in range(0, self.resamples, block):
            rows = min(block, self.resamples - start)
            places = first + random.integers(size, size=(rows, num_images))
            offset = num_images * np.arange(rows)[:, None]
            drawn = by_stratum[places] + offset
            yield np.bincount(
                drawn.ravel(), minlength=rows * num_images
            ).reshape(rows, num_images)

    def to_dict(self) -> dict[str, int]:
        """How the resamples were drawn."""
        return {
            'num_images': len(self.strata),
            'num_alone': self.num_alone,
            'resamples': self.resamples,
            'seed': self.seed,
        }


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % bootstrap interval; NaN if undefined.

    Attributes:
        value: Of the data as they are.
        low: Lower end of the interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of_figure(cls, value: float, resamples: np.ndarray) -> Estimate:
        """Takes the basic interval of a figure that is a share.

        Davison and Hinkley: Bootstrap Methods and their Application, 1997,
        chapter 5. AP takes the best precision to come, so chance makes it
        larger; in resamples, which have twice the chance, it is larger once
        more. So the figure is taken to lie as far above the truth as the
        resamples lie above the figure. That may put the whole interval below
        the figure, where both are biased by more than they vary.

        Args:
            value: On the data as they are.
            resamples: In the resamples, (R,).
        """
        low, high = _quantiles(resamples)
        return cls(
            float(value), max(2 * value - high, 0.0), min(2 * value - low, 1.0)
        )

    @classmethod
    def of_difference(cls, value: float, resamples: np.ndarray) -> Estimate:
        """Takes the percentile interval of a difference, whose bias cancels.

        Args:
            value: On the data as they are.
            resamples: In the resamples, (R,).
        """
        return cls(float(value), *_quantiles(resamples))


def _quantiles(resamples: np.ndarray) -> tuple[float, float]:
    """Those between which the wanted share of the resamples lies.

    Of those, where a class is rare, in which there is the figure at all.
    """
    present = resamples[~np.isnan(resamples)]
    if not present.size:
        return math.nan, math.nan
    low, high = np.quantile(present, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Intervals:
    """An interval beside every figure of a test.

    Example::

        matched = MatchedClasses.of(Predictions.read('predictions.json'))
        Intervals.of(matched).figures['mean_ap']
        # Estimate(value=0.72, low=0.70, high=0.74)

    Attributes:
        figures: Mean AP, average F1 and the AP of each class by name; see
            :meth:`WeightedReport.figures`.
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
        matched: MatchedClasses,
        score_thr: float = 0.5,
        resamples: int = 10_000,
        seed: int = 0,
        progress: Progress = lambda done, total: None,
    ) -> Intervals:
        """Resamples the images of a test.

        Args:
            matched: The test.
            score_thr: Least score of the detections that F1 looks at.
            resamples: How many resamples to draw.
            seed: The same seed draws the same ones.
            progress: Is told the numbers of finished and of all resamples.
        """
        report = WeightedReport.of(matched, score_thr)
        bootstrap = StratifiedBootstrap.of_images(matched, resamples, seed)
        (resampled,) = bootstrap.figures([report], progress)
        figures = {
            name: Estimate.of_figure(value, resampled[name])
            for name, value in report.observed().items()
        }
        num_right = int(report.images_right().sum())
        return cls(figures, num_right, report, bootstrap)

    def to_dict(self) -> dict:
        """Everything as plain dictionaries and numbers."""
        return {
            'iou_thr': self.report.matched.iou_thr,
            'score_thr': self.report.score_thr,
            **self.bootstrap.to_dict(),
            'num_right': self.num_right,
            'figures': {k: vars(v) for k, v in self.figures.items()},
        }
