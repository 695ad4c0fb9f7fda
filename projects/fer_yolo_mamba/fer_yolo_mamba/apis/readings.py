"""From what a network reads in a photograph, once or twice, to faces."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from mmcv.ops import nms
from mmdet.structures.bbox import bbox_overlaps
from torch import Tensor

# Boxes that overlap more than this are readings of one and the same face; the
# metric, too, counts from here on.
_SAME_FACE_IOU = 0.5
# Height in pixels of the network's input at which faces are named best: most
# crops that they were learnt from are 48 pixels, upsampled.
_BEST_HEIGHT = 96


class Reading(NamedTuple):
    """Detections in a photograph looked at in one size.

    Attributes:
        bboxes: (N, 4), x1 y1 x2 y2 in pixels of the photograph.
        scores: (N,) in [0, 1].
        labels: (N,) class indices; a face may be read as several.
        scale: Pixels of the network's input that one of the photograph's is.
    """

    bboxes: Tensor
    scores: Tensor
    labels: Tensor
    scale: float


def merge_readings(
    readings: Sequence[Reading], num_classes: int, score_thr: float
) -> tuple[Tensor, Tensor]:
    """Finds the faces in the readings of one photograph.

    The boxes are those that survive non-maximum suppression over all
    detections of at least `score_thr`, whatever their class and size. A
    reading's score of a class is the greatest one that overlaps the box. Of
    the readings that see a face, the one counts in which it is nearest to the
    height at which faces are named best.

    Args:
        readings: At least one.
        num_classes: Number of classes.
        score_thr: Least score of a face, in [0, 1].

    Returns:
        Boxes (M, 4) and scores (M, num_classes), by falling best score; what
        falls below the least score when sizes are merged is left out.
    """
    bboxes = torch.cat([reading.bboxes for reading in readings])
    scores = torch.cat([reading.scores for reading in readings])
    certain = scores >= score_thr
    if not certain.any():
        return bboxes[:0], scores.new_zeros(0, num_classes)
    bboxes, scores = bboxes[certain], scores[certain]
    _, kept = nms(bboxes, scores, _SAME_FACE_IOU)
    bboxes = bboxes[kept]
    merged = _of_best_reading(bboxes, readings, num_classes)
    best = merged.amax(1)
    order = best.argsort(descending=True, stable=True)
    order = order[best[order] >= score_thr]
    return bboxes[order], merged[order]


def calibrated(scores: Tensor, temperature: float, shift: float) -> Tensor:
    """Shifts the scores' logits, then divides them by a temperature.

    As Platt (1999), with one line for all classes: a score is a product of
    objectness and class probability, which a temperature alone cannot raise.
    A temperature of 1 with a shift of 0 changes nothing.
    """
    if (temperature, shift) == (1, 0):
        return scores
    return ((scores.logit(eps=1e-6) + shift) / temperature).sigmoid()


def _of_best_reading(
    bboxes: Tensor, readings: Sequence[Reading], num_classes: int
) -> Tensor:
    """(M, num_classes)."""
    of_readings = torch.stack(
        [_class_scores(bboxes, reading, num_classes) for reading in readings]
    )
    heights = (bboxes[:, 3] - bboxes[:, 1]).clamp(min=1)
    scales = bboxes.new_tensor([[reading.scale] for reading in readings])
    distance = (heights * scales / _BEST_HEIGHT).log().abs()
    distance[of_readings.amax(2) == 0] = torch.inf
    nearest = distance.argmin(0)
    return of_readings[nearest, torch.arange(len(bboxes), device=bboxes.device)]


def _class_scores(bboxes: Tensor, reading: Reading, num_classes: int) -> Tensor:
    """(M, num_classes) in one reading; zero for what it does not see."""
    result = bboxes.new_zeros(len(bboxes), num_classes)
    if len(reading.bboxes):
        same = bbox_overlaps(bboxes, reading.bboxes) >= _SAME_FACE_IOU
        result.scatter_reduce_(
            1,
            reading.labels.expand(len(bboxes), -1),
            same * reading.scores,
            'amax',
        )
    return result
