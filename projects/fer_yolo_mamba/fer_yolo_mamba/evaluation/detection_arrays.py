"""The boxes of a whole data set end to end, one row a box.

No array here grows with images x boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .image_record import ImageRecord


@dataclass(frozen=True)
class Detections:
    """The detections of many images.

    Attributes:
        boxes: (D, 4) float64.
        scores: (D,) float64.
        labels: (D,) int64.
        images: Index of the image that each row belongs to, (D,) int64.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    images: np.ndarray

    @classmethod
    def from_records(cls, records: Sequence[ImageRecord]) -> Detections:
        """Lay the detections of all records end to end."""
        return cls(
            boxes=_concatenate([r.boxes for r in records], (0, 4), float),
            scores=_concatenate([r.scores for r in records], (0,), float),
            labels=_concatenate([r.labels for r in records], (0,), np.int64),
            images=_image_indices([len(r.boxes) for r in records]),
        )

    def where(self, mask: np.ndarray) -> Detections:
        """The rows where ``mask``, (D,) bool, is true; or those numbered."""
        return Detections(
            self.boxes[mask],
            self.scores[mask],
            self.labels[mask],
            self.images[mask],
        )


@dataclass(frozen=True)
class GroundTruths:
    """The annotated objects of many images.

    Attributes:
        boxes: (G, 4) float64.
        labels: (G,) int64.
        ignored: (G,) bool, see :class:`ImageRecord`.
        images: Index of the image that each row belongs to, (G,) int64.
    """

    boxes: np.ndarray
    labels: np.ndarray
    ignored: np.ndarray
    images: np.ndarray

    @classmethod
    def from_records(cls, records: Sequence[ImageRecord]) -> GroundTruths:
        """Lay the ground truth of all records end to end."""
        return cls(
            boxes=_concatenate([r.gt_boxes for r in records], (0, 4), float),
            labels=_concatenate([r.gt_labels for r in records], (0,), np.int64),
            ignored=_concatenate([r.gt_ignored for r in records], (0,), bool),
            images=_image_indices([len(r.gt_boxes) for r in records]),
        )

    def where(self, mask: np.ndarray) -> GroundTruths:
        """The rows where ``mask``, (G,) bool, is true; or those numbered."""
        return GroundTruths(
            self.boxes[mask],
            self.labels[mask],
            self.ignored[mask],
            self.images[mask],
        )


def _concatenate(arrays, empty_shape, dtype) -> np.ndarray:
    """Concatenate, also where there is nothing to concatenate."""
    return np.concatenate([np.empty(empty_shape, dtype), *arrays])


def _image_indices(counts: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), np.asarray(counts, np.int64))
