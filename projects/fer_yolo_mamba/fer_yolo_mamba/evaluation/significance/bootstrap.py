"""A bootstrap over images, and the intervals that come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from statistics import NormalDist

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

_NORMAL = NormalDist()


@dataclass(frozen=True)
class StratifiedBootstrap:
    """Draws images with replacement, as many of each stratum as there are.

    Efron and Tibshirani: An Introduction to the Bootstrap, 1993, chapter 6.
    Strata keep what would otherwise vary by chance alone: with the classes of
    an image as its stratum no resample lacks a class. An image that is alone
    in its stratum occurs once in every resample, and adds nothing to the
    width of an interval.

    Attributes:
        strata: The stratum of each image, N of them.
        resamples: How many to draw.
        seed: The same seed draws the same images.
    """

    strata: Sequence[Hashable]
    resamples: int = 10_000
    seed: int = 0

    @classmethod
    def by_classes(
        cls, matched: MatchedClasses, resamples: int, seed: int
    ) -> StratifiedBootstrap:
        """The stratum of an image is the set of its faces' classes.

        Ignored faces have none: an image with such a one would stand in for
        another whose face counts, and a resample could lack the class.
        """
        images = matched.predictions.images
        strata = [
            frozenset(image.gt_labels[~image.gt_ignored].tolist())
            for image in images
        ]
        return cls(strata, resamples, seed)

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
        """Takes the bias-corrected percentile interval of a figure.

        Copies of an image lump its detections together, and AP, which takes
        the best precision to come, gains by that: resamples lie above the
        truth twice. The correction (Efron, Canadian Journal of Statistics 9,
        1981) reads the quantiles off as far to the left as the resamples
        lie to the right. Of 200 simulated tests on 126 images the plain
        interval of mAP held the truth in 167, this one in 189.

        Args:
            value: On the data as they are.
            resamples: In the resamples, (R,).
        """
        gains = np.round(resamples - value, DIGITS)
        below = float((np.sign(-gains).mean() + 1) / 2)
        if isnan(below):
            return cls.of_difference(value, resamples)
        edge = 1 / (len(resamples) + 1)
        shift = _NORMAL.inv_cdf(min(max(below, edge), 1 - edge))
        return cls._between(value, resamples, 2 * shift)

    @classmethod
    def of_difference(cls, value: float, resamples: np.ndarray) -> Estimate:
        """Takes the percentile interval of a difference, whose bias cancels.

        Args:
            value: On the data as they are.
            resamples: In the resamples, (R,).
        """
        return cls._between(value, resamples, 0.0)

    @classmethod
    def _between(
        cls, value: float, resamples: np.ndarray, shift: float
    ) -> Estimate:
        """Between quantiles, moved by so many standard deviations."""
        half = _NORMAL.inv_cdf((1 + COVERAGE) / 2)
        low, high = np.quantile(
            resamples, [_NORMAL.cdf(shift - half), _NORMAL.cdf(shift + half)]
        )
        return cls(float(value), float(low), float(high))


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
        bootstrap = StratifiedBootstrap.by_classes(matched, resamples, seed)
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
