"""What became of every detection and every object at a score threshold."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice, zip_longest

import numpy as np

from .matching import MatchedClasses, match_detections

BACKGROUND = 'background'


@dataclass(frozen=True)
class Outcomes:
    """Which face each detection lies on, and which faces none lies on.

    First the matches within the classes count, which are the true positives
    of the table. What is left is then compared with the faces of all classes,
    by the same rule: a detection that overlaps most a face still free is that
    face under a wrong name. (Design decision. To match without regard to the
    class at once would give the face to the best-scored name, and the
    diagonal of a confusion matrix would not be the true positives.)

    Detections that the table ignores, and ignored objects, are left out.

    Attributes:
        score_thr: The threshold.
        detection: (K,) rows of the detections at or above the threshold.
        ground_truth: (K,) row of the object that each lies on, -1 for none.
        missed: (M,) rows of the objects on which no such detection lies.
    """

    score_thr: float
    detection: np.ndarray
    ground_truth: np.ndarray
    missed: np.ndarray

    @classmethod
    def of(cls, matched: MatchedClasses, score_thr: float = 0.5) -> Outcomes:
        """Follow the detections of all classes."""
        found = np.full(len(matched.detections.scores), -1, np.int64)
        kept = np.zeros(len(found), bool)
        for matches in matched.matches:
            kept[matches.detection] = ~matches.ignored & (
                matches.scores >= score_thr
            )
            found[matches.detection] = matches.ground_truth
        found[~kept] = -1

        rest = np.flatnonzero(kept & (found < 0))
        faces = np.flatnonzero(~matched.ground_truths.ignored)
        confused = match_detections(
            matched.detections.where(rest),
            matched.ground_truths.where(faces),
            matched.iou_thr,
            taken=np.isin(faces, found),
        )
        hit = confused.true_positive
        found[rest[confused.detection[hit]]] = faces[confused.ground_truth[hit]]

        detection = np.flatnonzero(kept)
        missed = faces[~np.isin(faces, found)]
        return cls(score_thr, detection, found[detection], missed)


@dataclass(frozen=True)
class ConfusionMatrix:
    """Counts of (truth, detected), with a last row and column for background.

    A detection in the row of background lies on no face, or on one that
    another detection has found; a face in its column was missed. The
    diagonal holds the true positives of the table; a class's row adds up to
    its objects, its column to its detections.

    Attributes:
        class_names: C names.
        counts: (C + 1, C + 1) int64; rows are the truth.
        iou_thr: Least IoU of a match.
        score_thr: Least score of the detections that count.
    """

    class_names: tuple[str, ...]
    counts: np.ndarray
    iou_thr: float
    score_thr: float

    @classmethod
    def of(cls, matched: MatchedClasses, outcomes: Outcomes) -> ConfusionMatrix:
        """Count the outcomes at a score threshold."""
        background = len(matched.class_names)
        # Row -1 of the objects, which is none, is the last of these labels.
        truth_of = np.append(matched.ground_truths.labels, background)
        truth = truth_of[np.append(outcomes.ground_truth, outcomes.missed)]
        said = np.append(
            matched.detections.labels[outcomes.detection],
            np.full(len(outcomes.missed), background),
        )
        side = background + 1
        counts = np.bincount(truth * side + said, minlength=side**2)
        thresholds = matched.iou_thr, outcomes.score_thr
        return cls(matched.class_names, counts.reshape(side, side), *thresholds)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the rows and columns."""
        return (*self.class_names, BACKGROUND)

    @property
    def shares(self) -> np.ndarray:
        """Each row divided by its sum, NaN where that is 0.

        The diagonal is then the recall; (C + 1, C + 1) float64.
        """
        sums = self.counts.sum(axis=1, keepdims=True)
        return self.counts / np.where(sums, sums, np.nan)


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
    found, objects = matched.detections, matched.ground_truths
    descending = np.argsort(-found.scores[outcomes.detection], kind='stable')
    detection = outcomes.detection[descending]
    # Row -1 is none, also where there is no object at all, and so is label -1.
    truth = np.append(objects.labels, -1)[outcomes.ground_truth[descending]]
    names = (*matched.class_names, None)
    too_many = truth < 0
    confused = ~too_many & (found.labels[detection] != truth)

    def wrong(row: int, truth_label: int) -> Mistake:
        return Mistake(
            image=int(found.images[row]),
            truth=names[truth_label],
            detected=names[found.labels[row]],
            score=float(found.scores[row]),
            bbox=tuple(found.boxes[row].tolist()),
        )

    def missed(row: int) -> Mistake:
        return Mistake(
            image=int(objects.images[row]),
            truth=names[objects.labels[row]],
            detected=None,
            score=None,
            bbox=tuple(objects.boxes[row].tolist()),
        )

    in_turn = zip_longest(
        map(wrong, detection[confused][:count], truth[confused][:count]),
        map(wrong, detection[too_many][:count], truth[too_many][:count]),
        map(missed, _never_found_first(matched, outcomes.missed)[:count]),
    )
    mistakes = (m for m in chain.from_iterable(in_turn) if m is not None)
    return list(islice(mistakes, count))


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
