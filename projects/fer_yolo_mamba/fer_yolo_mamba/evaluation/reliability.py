"""Whether a score of 0.8 means right in eight cases of ten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .matched_classes import MatchedClasses


@dataclass(frozen=True)
class Reliability:
    """Scores against the share of right detections, in bins of equal width.

    Of one detection, "right" means true positive; ignored detections are
    left out. The expected calibration error is the mean distance between
    the two over the bins, weighted by their detections (Guo et al. 2017,
    with precision in place of accuracy as Küppers et al. 2020 for
    detectors).

    Attributes:
        least_score: Detections below it were left out.
        counts: (B,) detections in each bin over [0, 1].
        mean_score: (B,) NaN in an empty bin.
        precision: (B,) NaN in an empty bin.
    """

    least_score: float
    counts: np.ndarray
    mean_score: np.ndarray
    precision: np.ndarray

    @classmethod
    def from_matches(
        cls, matched: MatchedClasses, least_score: float = 0.0, bins: int = 10
    ) -> Reliability:
        """Bin the detections of all classes."""
        scores = np.concatenate([m.scores for m in matched.matches])
        right = np.concatenate([m.true_positive for m in matched.matches])
        kept = scores >= least_score
        kept &= ~np.concatenate([m.ignored for m in matched.matches])
        scores, right = scores[kept], right[kept]
        bin_of = (scores * bins).astype(int).clip(0, bins - 1)
        counts = np.bincount(bin_of, minlength=bins)
        # NaN rather than a warning where there is nothing to divide by.
        divisor = np.where(counts, counts, np.nan)
        return cls(
            least_score,
            counts,
            np.bincount(bin_of, scores, bins) / divisor,
            np.bincount(bin_of, right, bins) / divisor,
        )

    @property
    def ece(self) -> float:
        """Expected calibration error, in [0, 1]; NaN without detections."""
        total = self.counts.sum()
        if not total:
            return float('nan')
        gaps = self.counts * np.abs(self.precision - self.mean_score)
        return float(np.nansum(gaps) / total)
