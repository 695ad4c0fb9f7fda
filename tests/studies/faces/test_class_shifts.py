"""Shifts of classes found again in made-up scores."""

import numpy as np
import pytest
from fake_detections import face, seen
from scipy.special import expit

from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.studies.faces.class_shifts import (
    fit_class_shifts,
    found_faces,
    naming_accuracy,
)

BOX, ELSEWHERE = (10, 10, 50, 50), (60, 60, 90, 90)
SHARES = np.array([0.05, 0.02, 0.08, 0.3, 0.4, 0.1, 0.05])


@pytest.fixture(scope='module')
def learnt_evenly():
    """Scores by one who takes all classes for equally frequent, and labels.

    Faces are points in seven dimensions, normally distributed around one
    corner for each class, so that Bayes' rule gives the scores. The classes
    occur by `SHARES`, and the logits are half of what they should be.
    """
    rng = np.random.default_rng(0)
    labels = rng.choice(7, 20_000, p=SHARES)
    corners = 1.5 * np.eye(7)
    points = corners[labels] + rng.standard_normal((len(labels), 7))
    logits = points @ corners.T - 2
    return expit(logits / 2), labels


def test_a_changed_prior_is_found_again(learnt_evenly):
    expected = np.log(SHARES) / 2
    shifts = fit_class_shifts(*learnt_evenly)
    np.testing.assert_allclose(shifts, expected - expected.mean(), atol=0.06)


def test_more_faces_are_named_right_with_the_shifts(learnt_evenly):
    scores, labels = learnt_evenly
    before = naming_accuracy(scores, labels, np.zeros(7))
    assert before == (scores.argmax(1) == labels).mean()
    shifts = fit_class_shifts(scores, labels)
    after = naming_accuracy(scores, labels, shifts)
    assert after > before + 0.05
    # Bayes' rule with the true shares is the best that there is.
    best = naming_accuracy(scores, labels, np.log(SHARES) / 2)
    assert after == pytest.approx(best, abs=0.003)


def test_a_class_that_no_face_has_keeps_its_place(learnt_evenly):
    scores, labels = learnt_evenly
    without = labels != 4
    shifts = fit_class_shifts(scores[without], labels[without])
    expected = np.log(SHARES) / 2
    expected[4] = np.nan
    expected -= np.nanmean(expected)
    expected[4] = 0
    np.testing.assert_allclose(shifts, expected, atol=0.06)


@pytest.mark.parametrize('count', [0, 5])
def test_one_class_alone_says_nothing_of_shares(count):
    scores = np.full((count, 7), 0.1)
    labels = np.full(count, 3)
    assert not fit_class_shifts(scores, labels).any()


def test_few_faces_move_little(learnt_evenly):
    scores, labels = learnt_evenly
    few = np.unique(labels, return_index=True)[1]
    shifts = fit_class_shifts(scores[few], labels[few])
    assert 0 < np.abs(shifts).max() < 1
    assert shifts.mean() == pytest.approx(0, abs=1e-9)


def test_what_was_not_said_teaches_nothing(learnt_evenly):
    scores, labels = (x[:2000] for x in learnt_evenly)
    expected = fit_class_shifts(scores, labels)
    # Faces of whose own class nothing was said, and a class never said.
    silent = scores[:500].copy()
    silent[np.arange(500), labels[:500]] = 0
    np.testing.assert_array_equal(
        fit_class_shifts(
            np.concatenate([scores, silent]), np.append(labels, labels[:500])
        ),
        expected,
    )
    partly = np.where(scores < scores.max(1, keepdims=True) / 4, 0, scores)
    assert np.isfinite(fit_class_shifts(partly, labels)).all()


def test_found_faces():
    pictures = [
        # Nothing at all was said of the second, which has no detection then.
        seen([(BOX, 'Sad')], face(BOX, 'Fear', 0.6, Sad=0.2)),
        seen([(BOX, 'Sad')], face(BOX, 'Happy', 0.0)),
        # Missed; not known; not there.
        seen([(BOX, 'Sad')], face(ELSEWHERE, 'Sad', 0.9)),
        seen([(BOX, None)], face(BOX, 'Anger', 0.9)),
        seen([], face(BOX, 'Happy', 0.9)),
        # The surer of two; a second face.
        seen(
            [(BOX, 'Happy'), (ELSEWHERE, 'Neutral')],
            face(ELSEWHERE, 'Neutral', 0.3),
            face(BOX, 'Sad', 0.5),
            face(BOX, 'Happy', 0.7, Sad=0.1),
        ),
    ]
    scores, labels = found_faces(pictures)
    said = {
        EXPRESSIONS[label]: {
            name: score
            for name, score in zip(EXPRESSIONS, row, strict=True)
            if score
        }
        for row, label in zip(scores.tolist(), labels, strict=True)
    }
    assert len(labels) == 3
    assert said == {
        'Sad': {'Fear': 0.6, 'Sad': 0.2},
        'Happy': {'Happy': 0.7, 'Sad': 0.1},
        'Neutral': {'Neutral': 0.3},
    }


def test_no_face_was_found():
    scores, labels = found_faces([seen([(BOX, 'Sad')])])
    assert (scores.shape, labels.shape) == ((0, 7), (0,))
    assert np.isnan(naming_accuracy(scores, labels, np.zeros(7)))
