"""The data set with rare expressions repeated, for training."""

from collections import Counter

import numpy as np
from mmengine.logging import print_log
from mmyolo.registry import DATASETS

from ..errors import InputError
from .fer_voc_dataset import FERVOCDataset


@DATASETS.register_module()
class ClassBalancedFERVOCDataset(FERVOCDataset):
    """`FERVOCDataset` whose images of rare classes count several times.

    Repeat factor sampling (Gupta, Dollár, Girshick, "LVIS", arXiv
    1908.03195). With f the fraction of the images that show a class, an
    image is repeated max(1, sqrt(t / f)) times, by its rarest class.
    Fractions are met in total over the images of a factor, the same way at
    every start.

    The list itself holds the repetitions, so the partners that Mosaic and
    MixUp draw are balanced, too, and hooks that exchange the pipeline find
    it. mmengine's `ClassBalancedDataset`, a wrapper, offers neither. The
    paper does not balance classes.

    Args:
        oversample_thr: t, in (0, 1]: classes on a smaller fraction of the
            images than this are repeated. 1 repeats all by the square root
            of their rarity.
        kwargs: See `FERVOCDataset`.

    Raises:
        InputError: As `FERVOCDataset`, or the threshold is out of range.
    """

    def __init__(self, *args, oversample_thr: float, **kwargs) -> None:
        if not 0 < oversample_thr <= 1:
            raise InputError(
                f'oversample_thr is {oversample_thr}; choose a fraction of '
                'the images above 0, at most 1'
            )
        self.oversample_thr = oversample_thr
        super().__init__(*args, **kwargs)

    def filter_data(self) -> list[dict]:
        """Repeats images of a training set, after the other filters."""
        kept = super().filter_data()
        if self.test_mode:
            return kept
        factors = _repeat_factors(
            kept, self.oversample_thr, len(self.metainfo['classes'])
        )
        repeated = [
            info
            for info, times in zip(kept, _whole_times(factors), strict=True)
            for _ in range(times)
        ]
        print_log(
            f'{self.ann_file}: oversample_thr={self.oversample_thr} repeats '
            f'{len(kept)} images to {len(repeated)} an epoch',
            logger='current',
        )
        return repeated


def _repeat_factors(
    data_list: list[dict], threshold: float, num_classes: int
) -> np.ndarray:
    """How many times each image should occur, at least once: (N,) float."""
    # Faces without expression are no class, and never rare.
    labels = [
        {instance['bbox_label'] for instance in info['instances']}
        - {num_classes}
        for info in data_list
    ]
    images_of = Counter(label for found in labels for label in found)
    rarest = np.array(
        [
            min((images_of[label] for label in found), default=np.inf)
            for found in labels
        ]
    )
    return np.maximum(1.0, np.sqrt(threshold * len(data_list) / rarest))


def _whole_times(factors: np.ndarray) -> np.ndarray:
    """Whole numbers whose sum over images of one factor f is n * f: (N,)."""
    times = np.zeros(len(factors), int)
    for factor in np.unique(factors):
        of_factor = np.flatnonzero(factors == factor)
        steps = np.floor(factor * np.arange(len(of_factor) + 1))
        times[of_factor] = np.diff(steps)
    return times
