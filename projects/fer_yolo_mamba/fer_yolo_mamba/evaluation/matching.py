"""Which detections are right: the one matching behind every figure.

:class:`MatchedClasses` is made once a test and handed to whatever tells of it:
table, curves, confusion matrix, intervals can then never disagree about a
detection.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .predictions import Predictions
from .records import Detections, GroundTruths

# Pairs of boxes that are compared at once.
_PAIRS = 1 << 18


@dataclass(frozen=True)
class MatchedClasses:
    """A test, its detections matched within each class, and without classes.

    Example::

        matched = MatchedClasses.of(Predictions.read('predictions.json'))
        DetectionReport.of(matched).mean_ap

    Attributes:
        predictions: The test.
        iou_thr: Least IoU of a match.
        detections: Of all classes, D rows.
        ground_truths: Of all classes, G rows; faces whose expression is not
            known are ignored objects of every class.
        matches: One for each class; their ``detection`` and
            ``ground_truth`` are rows of the two above.
        faces: All detections with all faces, whatever their classes, and as
            well those whose expression is not known.
    """

    predictions: Predictions
    iou_thr: float
    detections: Detections
    ground_truths: GroundTruths
    matches: tuple[Matches, ...]
    faces: Matches

    @classmethod
    def of(
        cls, predictions: Predictions, iou_thr: float = 0.5
    ) -> MatchedClasses:
        """Match the detections of all images."""
        detections = Detections.from_records(predictions.images)
        objects = GroundTruths.from_records(predictions.images)
        faces = match_detections(detections, objects, iou_thr)
        num_classes = len(predictions.class_names)
        unknown = objects.labels == num_classes
        objects = replace(objects, ignored=objects.ignored | unknown)
        matches = tuple(
            _match_class(detections, objects, label, num_classes, iou_thr)
            for label in range(num_classes)
        )
        return cls(predictions, iou_thr, detections, objects, matches, faces)

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels."""
        return self.predictions.class_names


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
    detections: Detections,
    ground_truths: GroundTruths,
    iou_thr: float = 0.5,
    taken: np.ndarray | bool = False,
) -> Matches:
    """Match each detection to at most one object of its image.

    For the figures of one class, give the rows of that class; labels are not
    looked at here. With the rows of all classes the same routine says which
    face was found, as a confusion matrix wants.

    The rule is the VOC devkit's: a detection is compared with the object of
    its image that it overlaps most (the first listed, where IoUs are equal),
    whether that is taken or not. If the IoU is at least ``iou_thr``, the
    best-scored such detection of an object takes it and is a true positive;
    the others are false positives, even where another object overlaps them
    enough. What overlaps an ignored object most is ignored.

    Equal scores are ordered by x1, y1, x2, y2, and of detections that are
    equal in all five the false positives come first. The result therefore
    depends neither on the order of the images nor on that of the
    detections.

    Args:
        detections: D rows.
        ground_truths: G rows.
        iou_thr: The least IoU of a match, in (0, 1].
        taken: Whether objects are taken from the start, (G,) bool; none is.

    Returns:
        The detections in descending order of score with their verdicts.
    """
    order = _descending(detections, np.zeros(len(detections.scores), bool))
    sorted_ = detections.where(order)
    best, iou = _most_overlapped(sorted_, ground_truths)
    hit = np.flatnonzero(iou >= iou_thr)
    ignored = np.zeros(len(order), bool)
    ignored[hit] = ground_truths.ignored[best[hit]]
    hit = hit[~(ground_truths.ignored | taken)[best[hit]]]
    # The first of those that claim an object has the best score.
    objects, first = np.unique(best[hit], return_index=True)
    matched = np.full(len(order), -1, np.int64)
    matched[hit[first]] = objects

    verdict = matched >= 0
    last = _descending(sorted_, verdict)
    return Matches(
        scores=sorted_.scores[last],
        true_positive=verdict[last],
        ignored=ignored[last],
        images=sorted_.images[last],
        detection=order[last],
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


def _match_class(
    detections: Detections,
    objects: GroundTruths,
    label: int,
    unknown: int,
    iou_thr: float,
) -> Matches:
    """The matches of one class; any class may name an ``unknown`` face."""
    rows = np.flatnonzero(detections.labels == label)
    object_rows = np.flatnonzero(np.isin(objects.labels, (label, unknown)))
    matches = match_detections(
        detections.where(rows), objects.where(object_rows), iou_thr
    )
    # From rows among the class's own to rows among all; -1 remains none.
    return replace(
        matches,
        detection=rows[matches.detection],
        ground_truth=np.append(object_rows, -1)[matches.ground_truth],
    )


def _descending(
    detections: Detections, true_positive: np.ndarray
) -> np.ndarray:
    """Order of rows: score, then coordinates, then false positives first."""
    coordinates = detections.boxes.T[::-1]
    return np.lexsort([true_positive, *coordinates, -detections.scores])


def _most_overlapped(
    detections: Detections, ground_truths: GroundTruths
) -> tuple[np.ndarray, np.ndarray]:
    """The object with the highest IoU in each detection's own image.

    Returns:
        Rows of the objects (D,), and IoUs (D,), -1 where there is no object.
    """
    by_image = np.argsort(ground_truths.images, kind='stable')
    objects = ground_truths.where(by_image)
    begin = np.searchsorted(objects.images, detections.images, 'left')
    end = np.searchsorted(objects.images, detections.images, 'right')
    count = end - begin
    best = np.full(len(count), -1, np.int64)
    best_iou = np.full(len(count), -1.0)
    for rows in _blocks(count):
        pairs = count[rows]
        segment = np.cumsum(pairs) - pairs  # where each detection's pairs begin
        other = np.arange(pairs.sum()) + np.repeat(begin[rows] - segment, pairs)
        iou = iou_legacy(
            np.repeat(detections.boxes[rows], pairs, 0), objects.boxes[other]
        )
        highest = np.maximum.reduceat(iou, segment)
        is_best = iou == np.repeat(highest, pairs)
        first = np.where(is_best, other, len(by_image))
        best[rows] = by_image[np.minimum.reduceat(first, segment)]
        best_iou[rows] = highest
    return best, best_iou


def _blocks(count: np.ndarray) -> list[np.ndarray]:
    """Rows with something to compare, so many at a time that memory is small.

    What is compared at once never grows with images x boxes.
    """
    rows = np.flatnonzero(count)
    block = np.cumsum(count[rows]) // _PAIRS
    blocks = np.split(rows, np.flatnonzero(np.diff(block)) + 1)
    return blocks if len(rows) else []
