"""From what a network reads in a photograph, in one size or more, to faces."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from ..engine.description import InputSide, Shift
from ..faces import SAME_FACE_IOU

# Height in pixels of the network's input at which faces are named best: most
# crops that they were learnt from are 48 pixels, upsampled.
_BEST_HEIGHT = 96
# A coarse reading places lower faces badly, and finds some where none are.
_LEAST_COARSE_HEIGHT = _BEST_HEIGHT / 2
# What lies so much of it in a better face is a part of that face, not another.
_LEAST_INSIDE = 0.8
# Octaves from the best height within which a reading names well, and says well
# whether there is a face.
_NAMED_WITHIN = 1
_FOUND_WITHIN = 2
# Of the input side: twice of it shows small faces, but with its say in names
# five fewer of 480 crops were right.
_LARGEST_NAMED = 1.5
# Scores below it say nothing of any face: what a reading does not see has it.
_LEAST_SCORE = 1e-3
# As little as that a face is doubted at most that a reading does not see.
_LEAST_DOUBT = 1e-2
# Of the least score of a face: what finds one may be less sure of it than all
# readings together are.
_FINDERS_PART = 0.1
_STRIDE = 32


class Reading(NamedTuple):
    """What a network says of a photograph looked at in one size.

    Attributes:
        bboxes: (N, 4), x1 y1 x2 y2 in pixels of the photograph.
        scores: (N, C) of the classes, in [0, 1].
        scale: Pixels of the network's input that one of the photograph's is.
        size: Fraction of the input side in which it was looked at.
    """

    bboxes: np.ndarray
    scores: np.ndarray
    scale: float
    size: float = 1.0


def letterbox(
    image: np.ndarray, side: InputSide, size: float = 1.0
) -> tuple[np.ndarray, tuple[float, float]]:
    """Makes the network's input of a photograph: a square, as it was trained.

    The network looks at the whole square at once (its scans and channel
    weights do), so that padding to another shape would change every score.

    Args:
        image: (H, W, 3) uint8, BGR.
        side: How the network wants it.
        size: Fraction of the input side.

    Returns:
        (3, S, S) float32, normalised, and how many of its pixels a pixel of
        the photograph is, across and down.
    """
    length = side.side
    if size != 1:
        length = max(round(length * size / _STRIDE), 1) * _STRIDE
    height, width = image.shape[:2]
    scale = length / max(height, width)
    new_width = max(int(width * scale + 0.5), 1)
    new_height = max(int(height * scale + 0.5), 1)
    square = np.full((length, length, 3), side.padding, np.uint8)
    square[:new_height, :new_width] = cv2.resize(
        np.ascontiguousarray(image), (new_width, new_height)
    )
    if side.channels == 'RGB':
        square = square[..., ::-1]
    pixels = square.transpose(2, 0, 1).astype(np.float32)
    pixels -= np.float32(side.mean).reshape(3, 1, 1)
    pixels /= np.float32(side.std).reshape(3, 1, 1)
    return pixels, (new_width / width, new_height / height)


def calibrated(
    scores: np.ndarray, temperature: float, shift: Shift
) -> np.ndarray:
    """Shifts the scores' logits, then divides them by a temperature.

    As Platt (1999), with one line for all classes: a score is a product of
    objectness and class probability, which a temperature alone cannot raise.
    Or with a line for each class, as vector scaling has them (Guo et al., "On
    Calibration of Modern Neural Networks", 2017), but all of one slope.
    A temperature of 1 with a shift of 0 changes nothing.

    Args:
        scores: (..., C) floating-point, in [0, 1].
        temperature: Above 0.
        shift: One for all classes, or C of them.

    Returns:
        As `scores`, shape and precision included.
    """
    if temperature == 1 and not np.any(shift):
        return scores
    shifts = np.asarray(shift, scores.dtype)
    return _sigmoid((_logits(scores) + shifts) / temperature)


def in_photograph(
    boxes: np.ndarray,
    scores: np.ndarray,
    scale: tuple[float, float],
    shape: tuple[int, int],
    size: float = 1.0,
) -> Reading:
    """What a network says of its input, in pixels of the photograph.

    What says nothing of any face, or lies outside, is left out.

    Args:
        boxes: (A, 4) in pixels of the input.
        scores: (A, C), calibrated.
        scale: As :func:`letterbox` returns it.
        shape: Height and width of the photograph.
        size: Fraction of the input side, as :func:`letterbox` was given it.
    """
    height, width = shape
    # Clipped first: boxes of nothing may be as large as floats can be.
    scales = np.float32([*scale, *scale])
    most = np.float32([width, height, width, height])
    boxes = (boxes.clip(0, most * scales) / scales).clip(0, most)
    is_seen = (
        (scores.max(1, initial=0) >= _LEAST_SCORE)
        & (boxes[:, 2] > boxes[:, 0])
        & (boxes[:, 3] > boxes[:, 1])
    )
    return Reading(boxes[is_seen], scores[is_seen], min(scale), size)


def merge_readings(
    readings: Sequence[Reading], score_thr: float
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the faces in the readings of one photograph.

    The boxes are those that survive non-maximum suppression, whatever their
    class and size, but for those that lie in a better one; small ones are left
    to the reading of the largest scale. A reading's score of a class is the
    greatest one that overlaps the box, and no better one. All readings have a
    say in whether it is a face, also those that do not see it, and all but the
    largest in its expression; those the most in which it is about as high as
    faces are named best. What then scores at least `score_thr` is a face.

    Args:
        readings: At least one.
        score_thr: Least score of a face, in [0, 1].

    Returns:
        Boxes (M, 4) and scores (M, C), by falling best score.
    """
    finest = max(reading.scale for reading in readings)
    finders = [
        reading if reading.scale == finest else _of_large_faces(reading)
        for reading in readings
    ]
    boxes = np.concatenate([reading.bboxes for reading in finders])
    best = np.concatenate([x.scores.max(1, initial=0) for x in finders])
    likely = best >= _FINDERS_PART * score_thr
    boxes = boxes[likely]
    boxes = boxes[_suppressed(boxes, best[likely])]
    boxes = boxes[~_are_parts(boxes)]
    merged = _of_all_readings(boxes, readings)
    best = merged.max(1, initial=0)
    order = np.argsort(-best, kind='stable')
    order = order[best[order] >= score_thr]
    return boxes[order], merged[order]


def say_in_name(height: float, scale: float, size: float) -> float:
    """How much a look counts in the name of a face that it sees.

    Args:
        height: Of the face, in pixels of the photograph.
        scale: Of the look, as that of a :class:`Reading`.
        size: Of the look, too.

    Returns:
        In (0, 1]; little for the largest looks, whose say is asked where no
        other sees the face.
    """
    octaves = _octaves(np.float64(height), scale)
    most = 1 if size <= _LARGEST_NAMED else _LEAST_SCORE
    return most * float(_weights(octaves, _NAMED_WITHIN))


def _of_large_faces(reading: Reading) -> Reading:
    heights = (reading.bboxes[:, 3] - reading.bboxes[:, 1]) * reading.scale
    is_large = heights >= _LEAST_COARSE_HEIGHT
    return reading._replace(
        bboxes=reading.bboxes[is_large], scores=reading.scores[is_large]
    )


def _suppressed(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Indices of the boxes that no better one overlaps, best first."""
    rectangles = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    kept = cv2.dnn.NMSBoxes(
        rectangles.astype(np.float64), scores, 0.0, SAME_FACE_IOU
    )
    return np.asarray(kept, np.int64)


def _are_parts(boxes: np.ndarray) -> np.ndarray:
    """Which boxes (M, 4), best first, lie in one before them."""
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    inside = _intersections(boxes, boxes) / areas[:, None]
    return (np.tril(inside, -1) >= _LEAST_INSIDE).any(1)


def _of_all_readings(
    boxes: np.ndarray, readings: Sequence[Reading]
) -> np.ndarray:
    """(M, C): means of logits, as these are what calibration moves."""
    scores = np.stack([_class_scores(boxes, reading) for reading in readings])
    scales = np.array([[reading.scale] for reading in readings])
    sizes = np.array([[reading.size] for reading in readings])
    octaves = _octaves(boxes[:, 3] - boxes[:, 1], scales)
    best = scores.max(2)
    shares = _shares(octaves, _NAMED_WITHIN, _are_naming(best, sizes))
    named = (shares[..., None] * _logits(scores)).sum(0)
    named -= named.max(1, keepdims=True)
    return _sigmoid(named + _found(best, octaves)[:, None])


def _found(best: np.ndarray, octaves: np.ndarray) -> np.ndarray:
    """Logits (M,) of faces that readings (R, M) give their best scores."""
    shares = _shares(octaves, _FOUND_WITHIN)
    found = (shares * _logits(best.clip(_LEAST_DOUBT))).sum(0)
    # None is surer than the surest reading.
    return np.minimum(found, _logits(best.max(0)))


def _are_naming(best: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Which readings (R, M) have a say in the expressions: those that see it.

    The largest have none where a smaller one sees it, too.
    """
    are_seeing = best > _LEAST_SCORE
    are_seeing |= ~are_seeing.any(0)
    are_smaller = are_seeing & (sizes <= _LARGEST_NAMED)
    return np.where(are_smaller.any(0), are_smaller, are_seeing)


def _octaves(heights: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """How far faces are from the best height, in looks of these scales."""
    return np.log2(heights.clip(1) * scales / _BEST_HEIGHT)


def _shares(
    octaves: np.ndarray, within: float, counts: np.ndarray = np.True_
) -> np.ndarray:
    """Of each reading (R, M), of those that count."""
    weights = _weights(octaves, within) * counts
    return weights / weights.sum(0)


def _weights(octaves: np.ndarray, within: float) -> np.ndarray:
    """The greatest, 1, where a face has the best height."""
    return np.exp(-((octaves / within) ** 2) / 2)


def _class_scores(boxes: np.ndarray, reading: Reading) -> np.ndarray:
    """(M, C) of boxes, best first, in one reading; the least for the unseen."""
    same = _overlaps(boxes, reading.bboxes) >= SAME_FACE_IOU
    # What lies between two faces is the better one's, as it was suppressed by.
    same &= same.cumsum(0) == 1
    result = np.full(
        (len(boxes), reading.scores.shape[1]), _LEAST_SCORE, np.float32
    )
    for of_face, seen in zip(result, same, strict=True):
        if seen.any():
            of_face[:] = reading.scores[seen].max(0)
    return result


def _overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """IoU (M, N) of boxes (M, 4) and others (N, 4)."""
    both = _intersections(boxes, others)
    areas = [(x[:, 2:] - x[:, :2]).prod(1) for x in (boxes, others)]
    return both / (areas[0][:, None] + areas[1] - both)


def _intersections(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Common areas (M, N) of boxes (M, 4) and others (N, 4)."""
    first = np.maximum(boxes[:, None, :2], others[:, :2])
    last = np.minimum(boxes[:, None, 2:], others[:, 2:])
    return (last - first).clip(0).prod(2)


def _logits(scores: np.ndarray) -> np.ndarray:
    scores = scores.clip(1e-6, 1 - 1e-6)
    return np.log(scores / (1 - scores))


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))
