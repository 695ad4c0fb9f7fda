"""A bootstrap over images, the images being drawn within strata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..image_record import ImageRecord
from .weighted_report import WeightedReport

Progress = Callable[[int, int], None]

# Numbers in one block of counts: a few of them fit into a processor's cache.
_BLOCK = 1 << 17


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
        cls, records: Sequence[ImageRecord], resamples: int, seed: int
    ) -> StratifiedBootstrap:
        """The stratum of an image is the set of its faces' classes."""
        strata = [frozenset(record.gt_labels.tolist()) for record in records]
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
        blocks = [[] for _ in reports]
        done = 0
        for counts in self.counts():
            for report, collected in zip(reports, blocks, strict=True):
                collected.append(report.figures(counts, averaged))
            done += len(counts)
            progress(done, self.resamples)
        return [
            {
                name: np.concatenate([block[name] for block in collected])
                for name in collected[0]
            }
            for collected in blocks
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
        _, first, size = np.unique(
            strata[by_stratum],
            return_index=True,
            return_counts=True,
        )
        # For each place of a resample, the stratum that it draws from.
        first, size = np.repeat(first, size), np.repeat(size, size)
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
            'images': len(self.strata),
            'images_alone_in_stratum': self.num_alone,
            'resamples': self.resamples,
            'seed': self.seed,
        }
