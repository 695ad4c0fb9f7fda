"""Which detections are right: the matching behind every figure.

AP, precision, recall, F1, curves and confusion matrices all start from
:func:`match_detections`, so they can never disagree about a detection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .detection_arrays import Detections, GroundTruths


@dataclass(frozen=True)
class Matches:
    """Detections from the best score to the worst, each with its verdict.

    Attributes:
        scores: (D,) float64, descending.
        true_positive: (D,) bool.
        ignored: (D,) bool; neither right nor wrong. A detection that is not
            a true positive and not ignored is a false positive.
        images: Image index of each detection, (D,) int64.
        detection: Row of each detection in the given ``detections``, (D,).
        ground_truth: Row of the matched object in the given
            ``ground_truths``, -1 where there is none, (D,) int64.
        num_ground_truths: Objects that could be found, without ignored ones.
    """

    scores: np.ndarray
    true_positive: np.ndarray
    ignored: np.ndarray
    images: np.ndarray
    detection: np.ndarray
    ground_truth: np.ndarray
    num_ground_truths: int


def match_detections(
    detections: Detections, ground_truths: GroundTruths, iou_thr: float = 0.5
) -> Matches:
    """Match each detection to at most one object of its image, greedily.

    For the figures of one class, give the rows of that class::

        matches = match_detections(
            detections.where(detections.labels == label),
            ground_truths.where(ground_truths.labels == label))

    Labels are not looked at here; with the rows of all classes the same
    routine says which face was found, as a confusion matrix wants.

    From the best score down, a detection takes, among the objects of its
    image that none took before, the one with the highest IoU (the first
    listed, where IoUs are equal) if that IoU is at least ``iou_thr``. One
    that gets none is ignored if it overlaps an ignored object by
    ``iou_thr``, and else a false positive. Ignored objects may absorb any
    number of detections. (Design decision, after the paper's protocol; the
    VOC devkit differs only where two objects of one class both overlap a
    detection by ``iou_thr``: it gives up when the better one is taken.)

    Equal scores are ordered by x1, y1, x2, y2, and of detections that are
    equal in all five the false positives come first. The result therefore
    depends neither on the order of the images nor on that of the
    detections.

    Time grows with the largest number of detections in an image, each step
    working on all images at once; memory grows with the number of boxes.

    Args:
        detections: D rows.
        ground_truths: G rows.
        iou_thr: The least IoU of a match, in (0, 1].

    Returns:
        The detections in descending order of score with their verdicts.
    """
    order = _descending(detections)
    boxes = detections.boxes[order]
    images = detections.images[order]

    matched = np.full(len(order), -1, np.int64)
    ignored = np.zeros(len(order), bool)
    real = _ByImage(ground_truths, ~ground_truths.ignored)
    difficult = _ByImage(ground_truths, ground_truths.ignored)
    # A detection in an image without objects needs no comparing.
    contested = np.flatnonzero(np.isin(images, ground_truths.images))
    for now in _rounds(images, contested):
        row, iou = real.best(boxes[now], images[now])
        hit = iou >= iou_thr
        matched[now[hit]] = real.take(row[hit])
        rest = now[~hit]
        _, iou = difficult.best(boxes[rest], images[rest])
        ignored[rest] = iou >= iou_thr

    verdict = matched >= 0
    last = _descending(detections, order, verdict)
    order = order[last]
    return Matches(
        scores=detections.scores[order],
        true_positive=verdict[last],
        ignored=ignored[last],
        images=images[last],
        detection=order,
        ground_truth=matched[last],
        num_ground_truths=int((~ground_truths.ignored).sum()),
    )


def iou_legacy(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of boxes row by row, counting the pixels at both ends.

    A box from x1 to x2 is x2 - x1 + 1 wide, as in the VOC devkit.

    Args:
        a: (N, 4) boxes x1, y1, x2, y2.
        b: (N, 4) boxes; no pair may have two empty boxes.

    Returns:
        (N,) values in [0, 1].
    """
    size = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]) + 1
    intersection = size.clip(min=0).prod(axis=1)
    union = _area_legacy(a) + _area_legacy(b) - intersection
    return intersection / union


def _area_legacy(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2:] - boxes[:, :2] + 1).clip(min=0).prod(axis=1)


def _descending(
    detections: Detections,
    rows: np.ndarray | None = None,
    true_positive: np.ndarray | None = None,
) -> np.ndarray:
    """Order of rows: score, then coordinates, then false positives first."""
    if rows is None:
        rows = np.arange(len(detections.scores))
    keys = [*detections.boxes[rows].T[::-1], -detections.scores[rows]]
    if true_positive is not None:
        keys.insert(0, true_positive)
    return np.lexsort(keys)


def _rounds(images: np.ndarray, rows: np.ndarray):
    """Yield first the best row of every image, then each second best, …"""
    by_image = rows[np.argsort(images[rows], kind='stable')]
    _, first, counts = np.unique(
        images[by_image], return_index=True, return_counts=True
    )
    for rank in range(counts.max(initial=0)):
        left = counts > rank
        first, counts = first[left], counts[left]
        yield by_image[first + rank]


class _ByImage:
    """Some of the objects, grouped by image; objects can be taken."""

    def __init__(self, ground_truths: GroundTruths, mask: np.ndarray) -> None:
        rows = np.flatnonzero(mask)
        images = ground_truths.images[rows]
        self.rows = rows[np.argsort(images, kind='stable')]
        self.images = ground_truths.images[self.rows]
        self.boxes = ground_truths.boxes[self.rows]
        self.free = np.ones(len(rows), bool)

    def best(
        self, boxes: np.ndarray, images: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The free object with the highest IoU in each box's own image.

        Args:
            boxes: (N, 4), at most one for each image.
            images: (N,) image indices.

        Returns:
            Positions within this group (N,), and IoUs (N,), -1 where the
            image has no free object.
        """
        start = np.searchsorted(self.images, images, 'left')
        count = np.searchsorted(self.images, images, 'right') - start
        position = np.zeros(len(boxes), np.int64)
        best_iou = np.full(len(boxes), -1.0)
        some = np.flatnonzero(count)
        if not len(some):
            return position, best_iou

        start, count = start[some], count[some]
        segment = np.cumsum(count) - count  # where each box's pairs begin
        pair = np.arange(count.sum()) + np.repeat(start - segment, count)
        iou = iou_legacy(np.repeat(boxes[some], count, 0), self.boxes[pair])
        iou[~self.free[pair]] = -1
        best = np.maximum.reduceat(iou, segment)
        is_best = iou == np.repeat(best, count)
        candidate = np.where(is_best, pair, len(self.rows))
        position[some] = np.minimum.reduceat(candidate, segment)
        best_iou[some] = best
        return position, best_iou

    def take(self, position: np.ndarray) -> np.ndarray:
        """Mark objects as taken and give their rows in the ground truths."""
        self.free[position] = False
        return self.rows[position]
