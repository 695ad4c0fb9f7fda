"""How a detector's scores are to be read, chosen on a validation.

Never on pictures by which it is judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from ...errors import InputError
from ...evaluation import MatchedClasses
from ...evaluation.curves import (
    Reliability,
    ThresholdCurve,
    best_common_threshold,
)
from ...expressions import EXPRESSIONS
from ...faces import Face
from .class_shifts import (
    PART_TAKEN,
    fit_class_shifts,
    found_faces,
    logits_of,
    naming_accuracy,
)
from .measures import IOU_THR, FacelessPictures
from .pictures import SeenPicture, predictions_of

#: What scores less says nothing about the scores that people see.
LEAST_SCORE = 0.1
#: Part of the highest mean F1 that is given up to show more faces.
F1_SLACK = 0.01
#: False detections that are put up with then, for each picture without a face:
#: of pictures that a training saw, which flatter.
MOST_FALSE = 0.01
_TEMPERATURES = (0.1, 10.0)
_SHIFTS = (-10.0, 10.0)


@dataclass(frozen=True)
class Calibration:
    """How the scores of a detector are to be read.

    Attributes:
        temperature: Divides the logit of every score
        shift: after that of its class, by name, was added to it. Their
            differences are chosen first, `PART_TAKEN` of those by
            :func:`~.class_shifts.fit_class_shifts`; their mean and the
            temperature come next, by :func:`fit_calibration`.
        score_thr: Least score of a face after that. Where the mean F1 of the
            expressions is highest it is nearly flat, and a face that is not
            shown is worse than one whose name is unsure: so it is the lowest
            score at which F1 is within `F1_SLACK` of its highest, and, unless
            that is more, `MOST_FALSE` of the pictures without a face have one.
        avg_f1: The F1 there.
        num_faces: Those found, of a known expression: the differences of the
            shifts are fitted to them.
        accuracy_before: Share of those that were named right,
        accuracy_after: and that are with the shifts.
        num_detections: Those that the temperature is fitted to.
        ece_before: Expected calibration error from `LEAST_SCORE`, of the
            scores as they were.
        ece_after: The same, of the calibrated ones.
        ece_above: The same, of the calibrated ones from `score_thr`.
        faceless: What is seen from there in the pictures without a face. None
            without such pictures.
    """

    temperature: float
    shift: Mapping[str, float]
    score_thr: float
    avg_f1: float
    num_faces: int
    accuracy_before: float
    accuracy_after: float
    num_detections: int
    ece_before: float
    ece_after: float
    ece_above: float
    faceless: FacelessPictures | None

    @classmethod
    def of(cls, pictures: Sequence[SeenPicture]) -> Calibration:
        """Chooses on pictures of a validation that were looked at.

        Raises:
            InputError: No detection scores `LEAST_SCORE`, or all that do are
                right, or all are wrong.
        """
        scores, labels = found_faces(pictures)
        shifts = PART_TAKEN * fit_class_shifts(scores, labels)
        accuracy_before, accuracy_after = (
            naming_accuracy(scores, labels, x) for x in (0 * shifts, shifts)
        )
        shift = dict(zip(EXPRESSIONS, shifts.tolist(), strict=True))
        shifted = [cool(picture, 1.0, shift) for picture in pictures]
        scores, right = scores_and_verdicts(shifted)
        kept = scores >= LEAST_SCORE
        temperature, common = fit_calibration(scores[kept], right[kept])
        shift = {name: value + common for name, value in shift.items()}
        cooled = [cool(picture, temperature, shift) for picture in pictures]
        faceless = [picture for picture in cooled if not picture.known]
        matched = _matched(cooled)
        curves = [ThresholdCurve.of(matches) for matches in matched.matches]
        score_thr = _least_score(curves, faceless)
        f1 = [curve.at(np.array([score_thr]))[2] for curve in curves]
        avg_f1 = float(np.nanmean(f1))
        least = expit((logits_of(LEAST_SCORE) + common) / temperature)
        return cls(
            temperature=temperature,
            shift=shift,
            score_thr=score_thr,
            avg_f1=avg_f1,
            num_faces=len(labels),
            accuracy_before=accuracy_before,
            accuracy_after=accuracy_after,
            num_detections=int(kept.sum()),
            ece_before=calibration_error(pictures, LEAST_SCORE),
            ece_after=Reliability.of(matched, float(least)).ece,
            ece_above=Reliability.of(matched, score_thr).ece,
            faceless=(
                FacelessPictures.of(faceless, score_thr) if faceless else None
            ),
        )


def calibration_error(
    pictures: Sequence[SeenPicture], least_score: float
) -> float:
    """Expected calibration error of the names given to faces.

    A detection is one of the expression that it names, and right when it is
    a true positive of that, as in
    :class:`~fer_yolo_mamba.evaluation.curves.Reliability`.

    Args:
        pictures: What was looked at.
        least_score: Detections below are left out.

    Returns:
        In [0, 1]; NaN without detections.
    """
    return Reliability.of(_matched(pictures), least_score).ece


def scores_and_verdicts(
    pictures: Sequence[SeenPicture],
) -> tuple[np.ndarray, np.ndarray]:
    """Score of every detection (D,), and whether it is right, (D,) bool.

    Detections on faces whose expression is not known are left out.
    """
    matches = _matched(pictures).matches
    return (
        np.concatenate([x.scores[~x.ignored] for x in matches]),
        np.concatenate([x.true_positive[~x.ignored] for x in matches]),
    )


def fit_calibration(
    scores: np.ndarray, right: np.ndarray
) -> tuple[float, float]:
    """The temperature and shift under which what happened is likeliest.

    Platt, "Probabilistic Outputs for Support Vector Machines" (1999), on
    logits. A score is a product of two probabilities and mostly too low; a
    temperature alone would leave 0.5 where it is.

    Args:
        scores: (D,) in [0, 1].
        right: (D,) bool.

    Raises:
        InputError: There is no score, or all are right, or all wrong.
    """
    if not len(scores) or right.all() or not right.any():
        raise InputError(
            f'of {len(scores)} detections {int(right.sum())} are right: a '
            'calibration needs right and wrong ones; give more pictures.'
        )
    logits = logits_of(scores)
    signs = np.where(right, -1.0, 1.0)

    def loss(parameters: np.ndarray) -> float:
        log_temperature, shift = parameters
        logits_now = (logits + shift) / np.exp(log_temperature)
        return float(np.logaddexp(0, signs * logits_now).mean())

    log_temperature, shift = minimize(
        loss,
        (0.0, 0.0),
        bounds=(tuple(np.log(_TEMPERATURES)), _SHIFTS),
        method='Nelder-Mead',
    ).x
    return float(np.exp(log_temperature)), float(shift)


def cool(
    picture: SeenPicture, temperature: float, shift: Mapping[str, float]
) -> SeenPicture:
    """The picture as seen with all logits shifted, then divided.

    A face is named, and ordered among the others, by what is best then.

    Args:
        picture: What was seen.
        temperature: Above 0.
        shift: Of each class's logits, by its name.
    """

    def cooled(face: Face) -> Face:
        logits = logits_of(np.array([*face.scores.values()], float))
        shifts = np.array([shift[name] for name in face.scores])
        scores = expit((logits + shifts) / temperature).tolist()
        names = dict(zip(face.scores, scores, strict=True))
        return Face.of_scores(face.bbox, names)

    faces = sorted(map(cooled, picture.seen), key=lambda face: -face.score)
    return replace(picture, seen=tuple(faces))


def _least_score(
    curves: Sequence[ThresholdCurve], faceless: Sequence[SeenPicture]
) -> float:
    best = best_common_threshold(curves)
    lowest = best_common_threshold(curves, F1_SLACK)
    false = sorted(x.score for picture in faceless for x in picture.seen)
    allowed = int(MOST_FALSE * len(faceless))
    above = np.nextafter(false[-1 - allowed], 1) if len(false) > allowed else 0
    return float(np.clip(above, lowest.score, best.score))


def _matched(pictures: Sequence[SeenPicture]) -> MatchedClasses:
    predictions = predictions_of(pictures)
    return MatchedClasses.of(predictions, IOU_THR)
