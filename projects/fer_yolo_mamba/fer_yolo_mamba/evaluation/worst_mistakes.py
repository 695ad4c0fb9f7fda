"""The mistakes that a detector was surest of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice, zip_longest

import numpy as np

from .matched_classes import MatchedClasses
from .outcomes import Outcomes


@dataclass(frozen=True)
class Mistake:
    """A face under a wrong name, a detection too many, or a missed face.

    Too many is one on no face, or on one that another has found already.

    Attributes:
        image: Index of the image.
        truth: Class of the face; None for a detection too many.
        detected: Class that was detected; None for a missed face.
        score: Of the detection; None for a missed face.
        bbox: Of the detection, or of the missed face: x1, y1, x2, y2.
    """

    image: int
    truth: str | None
    detected: str | None
    score: float | None
    bbox: tuple[float, float, float, float]

    def __str__(self) -> str:
        if self.detected is None:
            return f'{self.truth} missed'
        if self.truth is None:
            return f'{self.detected} {self.score:.2f}, one too many'
        return f'{self.truth} taken for {self.detected} {self.score:.2f}'


def worst_mistakes(
    matched: MatchedClasses, outcomes: Outcomes, count: int = 24
) -> list[Mistake]:
    """The worst of each kind in turn, so that none crowds out the others.

    Wrong names and detections too many go from the highest score down.
    Missed faces begin with those that no detection of their class found at
    any score, the larger ones first.

    Returns:
        At most ``count`` mistakes.
    """
    scores = matched.detections.scores[outcomes.detection]
    descending = np.argsort(-scores, kind='stable')
    detection = outcomes.detection[descending]
    truth = outcomes.ground_truth[descending]
    alarm = truth < 0
    confused = ~alarm
    confused[confused] = (
        matched.detections.labels[detection[confused]]
        != matched.ground_truths.labels[truth[confused]]
    )
    kinds = (
        [
            _wrong(matched, row, object_row)
            for row, object_row in zip(
                detection[kind][:count], truth[kind][:count], strict=True
            )
        ]
        for kind in (confused, alarm)
    )
    missed = [
        _missed(matched, row)
        for row in _never_found_first(matched, outcomes.missed)[:count]
    ]
    in_turn = chain.from_iterable(zip_longest(*kinds, missed))
    return list(islice((m for m in in_turn if m is not None), count))


def _wrong(matched: MatchedClasses, row: int, object_row: int) -> Mistake:
    found, objects = matched.detections, matched.ground_truths
    return Mistake(
        image=int(found.images[row]),
        truth=(
            None
            if object_row < 0
            else matched.class_names[objects.labels[object_row]]
        ),
        detected=matched.class_names[found.labels[row]],
        score=float(found.scores[row]),
        bbox=tuple(found.boxes[row].tolist()),
    )


def _missed(matched: MatchedClasses, row: int) -> Mistake:
    objects = matched.ground_truths
    return Mistake(
        image=int(objects.images[row]),
        truth=matched.class_names[objects.labels[row]],
        detected=None,
        score=None,
        bbox=tuple(objects.boxes[row].tolist()),
    )


def _never_found_first(
    matched: MatchedClasses, missed: np.ndarray
) -> np.ndarray:
    found_at = np.zeros(len(matched.ground_truths.labels))
    for matches in matched.matches:
        right = matches.true_positive
        found_at[matches.ground_truth[right]] = matches.scores[right]
    boxes = matched.ground_truths.boxes[missed]
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return missed[np.lexsort([-area, found_at[missed]])]
