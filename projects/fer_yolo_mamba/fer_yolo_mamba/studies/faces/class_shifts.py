"""A shift of each class's logits: from a training's prior to that of faces.

A training that draws rare expressions more often than they occur makes a
network say them more often than they occur. As a prior is a constant of each
class's logit, a constant takes it back: the intercepts of "vector scaling" (Guo
et al., "On Calibration of Modern Neural Networks", 2017), or "logit adjustment"
(Menon et al., arXiv 2007.07314) with measured constants. So the faces that they
are fitted to must show the expressions as often as the faces that come.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import logit, logsumexp

from ...evaluation import MatchedClasses
from ...expressions import EXPRESSIONS
from .measures import IOU_THR
from .pictures import SeenPicture, predictions_of

#: Weight of the ridge: half of it times the sum of the squared constants is
#: added to the negative log-likelihood of all faces. It is that of a normal
#: prior of standard deviation 1, which hundreds of faces of a class outweigh.
RIDGE = 1.0
#: Part of the shifts that a calibration takes: half of the way. Photographs
#: show expressions neither as a validation's crops do nor each as often.
PART_TAKEN = 0.5
_SLOPES = (0.1, 10.0)
_MOST = 10.0  # of a shift, either way
_SMALLEST = 1e-6  # distance of a score from 0 and 1


def found_faces(
    pictures: Sequence[SeenPicture],
) -> tuple[np.ndarray, np.ndarray]:
    """What was said of the known faces that were found.

    Of the detections on a face the one of the best score speaks for it.
    Faces whose expression is not known are left out.

    Args:
        pictures: What was looked at.

    Returns:
        Scores of `EXPRESSIONS` (F, C), 0 for one of which nothing was said,
        and labels (F,).
    """
    matched = MatchedClasses.of(predictions_of(pictures), IOU_THR)
    faces, truth = matched.faces, matched.ground_truths.labels
    hits = faces.true_positive.nonzero()[0]
    hits = hits[truth[faces.ground_truth[hits]] < len(EXPRESSIONS)]
    # The rows of the detections, as `predictions_of` makes them.
    seen = [face for x in pictures for face in x.seen if face.score > 0]
    scores = [
        [seen[row].scores.get(name, 0.0) for name in EXPRESSIONS]
        for row in faces.detection[hits]
    ]
    return (
        np.array(scores, float).reshape(-1, len(EXPRESSIONS)),
        truth[faces.ground_truth[hits]],
    )


def fit_class_shifts(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The shifts under which the expressions of faces are likeliest.

    A face is c with the softmax over classes of a * logit(score_c) + b_c, with
    a positive slope a for all of them and a ridge (`RIDGE`) on b. The shift of
    c is b_c / a, which goes before any temperature. A face of whose expression
    nothing was said teaches nothing.

    Args:
        scores: (F, C) in [0, 1]; 0 for a class of which nothing was said.
        labels: (F,) of the C classes.

    Returns:
        (C,), of mean 0 but for the limits of 10 either way; 0 for a class that
        no face has, which then is no choice either.
    """
    logits = logits_of(scores)
    is_said = np.isfinite(logits[np.arange(len(labels)), labels])
    present, own = np.unique(labels[is_said], return_inverse=True)
    shifts = np.zeros(scores.shape[1])
    if len(present) < 2:
        return shifts
    logits = logits[is_said][:, present]
    rows = np.arange(len(own))

    def loss(parameters: np.ndarray) -> float:
        slope, constants = parameters[0], parameters[1:]
        moved = slope * logits + constants
        likelihood = moved[rows, own] - logsumexp(moved, axis=1)
        return RIDGE / 2 * (constants**2).sum() - likelihood.sum()

    slope, *constants = minimize(
        loss,
        np.array([1.0, *np.zeros(len(present))]),
        bounds=[_SLOPES, *[(None, None)] * len(present)],
        method='L-BFGS-B',
    ).x
    # The softmax does not feel the mean, and the ridge wants it to be 0.
    constants = np.array(constants) - np.mean(constants)
    shifts[present] = (constants / slope).clip(-_MOST, _MOST)
    return shifts


def naming_accuracy(
    scores: np.ndarray, labels: np.ndarray, shifts: np.ndarray
) -> float:
    """Share of faces whose best class after the shifts is the right one.

    Args:
        scores: (F, C), as :func:`fit_class_shifts` takes them.
        labels: (F,).
        shifts: (C,) of the logits.

    Returns:
        In [0, 1]; NaN without faces.
    """
    if not len(labels):
        return float('nan')
    said = (logits_of(scores) + shifts).argmax(1)
    return float((said == labels).mean())


def logits_of(scores: np.ndarray) -> np.ndarray:
    """Logits, finite but for -inf where the score is 0: nothing was said.

    No shift and no temperature brings that up.
    """
    return np.where(
        scores > 0, logit(np.clip(scores, _SMALLEST, 1 - _SMALLEST)), -np.inf
    )
