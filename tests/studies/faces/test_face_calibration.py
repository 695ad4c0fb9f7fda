"""Shifts, a temperature and a threshold found in made-up detections."""

import numpy as np
import pytest
from fake_detections import face, seen
from scipy.special import expit, logit

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.studies.faces.calibration import (
    Calibration,
    calibration_error,
    cool,
    fit_calibration,
    scores_and_verdicts,
)

BOX = (10, 10, 50, 50)
NO_SHIFT = dict.fromkeys(EXPRESSIONS, 0.0)


def pictures_of(scores, right):
    return [
        seen([(BOX, 'Sad')], face(BOX, 'Sad' if is_right else 'Fear', score))
        for score, is_right in zip(scores, right, strict=True)
    ]


@pytest.fixture
def boasting():
    """Scores and verdicts of a detector whose logits are 2 x - 0.5, not x."""
    rng = np.random.default_rng(0)
    chances = rng.uniform(0.2, 0.98, 4000)
    return expit(2 * logit(chances) - 0.5), rng.random(4000) < chances


def test_temperature_and_shift_are_found_again(boasting):
    temperature, shift = fit_calibration(*boasting)
    assert temperature == pytest.approx(2, rel=0.1)
    assert shift == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize('right', [[], [True, True], [False]])
def test_calibration_needs_right_and_wrong_detections(right):
    scores = np.full(len(right), 0.5)
    with pytest.raises(InputError, match='give more pictures'):
        fit_calibration(scores, np.array(right, bool))


def test_scores_divided_by_a_temperature():
    picture = cool(seen([], face(BOX, 'Sad', 0.9, Fear=0.1)), 2, NO_SHIFT)
    assert picture.best.score == pytest.approx(0.75)
    assert picture.best.scores['Sad'] == picture.best.score
    assert picture.best.scores['Fear'] == pytest.approx(0.25)
    # What is not seen is not brought up to the middle.
    assert picture.best.scores['Happy'] == 0


def test_shifted_faces_have_another_name_and_order():
    first, second = face(BOX, 'Sad', 0.6, Fear=0.5), face(BOX, 'Happy', 0.55)
    picture = cool(seen([], first, second), 1, NO_SHIFT | {'Sad': -1.0})
    assert [x.expression for x in picture.seen] == ['Happy', 'Fear']
    happy, fear = picture.seen
    assert happy.score == pytest.approx(0.55)
    assert fear.score == fear.scores['Fear'] == pytest.approx(0.5)
    assert fear.scores['Sad'] == pytest.approx(expit(logit(0.6) - 1))


def test_a_class_that_is_said_too_often():
    """Three of four that are called Fear, by a little, are Neutral."""

    def of(truth, said, score, other, less):
        known = [(BOX, truth)]
        return seen(known, face(BOX, said, score, **{other: less}))

    pictures = [
        *[of('Neutral', 'Fear', 0.5, 'Neutral', 0.4)] * 75,
        *[of('Fear', 'Fear', 0.5, 'Neutral', 0.4)] * 25,
        *[of('Fear', 'Fear', 0.8, 'Neutral', 0.1)] * 25,
        *[of('Neutral', 'Neutral', 0.8, 'Fear', 0.1)] * 75,
        *[of('Happy', 'Happy', 0.8, 'Fear', 0.1)] * 50,
    ]
    chosen = Calibration.of(pictures)
    assert chosen.num_faces == 250
    assert chosen.accuracy_before == 175 / 250
    assert chosen.accuracy_after == 225 / 250
    assert list(chosen.shift) == list(EXPRESSIONS)
    unheard = {chosen.shift[name] for name in ('Anger', 'Disgust', 'Sad')}
    assert len(unheard) == 1
    assert chosen.shift['Neutral'] > max(unheard) > chosen.shift['Fear']
    named = [
        cool(x, chosen.temperature, chosen.shift).best.expression
        for x in pictures
    ]
    right = [x.known[0].expression for x in pictures]
    assert sum(map(str.__eq__, named, right)) == 225


def test_error_of_calibration():
    pictures = pictures_of([0.8] * 4, [True, True, False, False])
    assert calibration_error(pictures, 0.5) == pytest.approx(0.3)
    assert np.isnan(calibration_error(pictures, 0.9))


def test_calibration(boasting):
    scores, right = (x[:1000] for x in boasting)
    pictures = pictures_of(scores, right)
    chosen = Calibration.of(pictures)
    assert chosen.num_detections == (scores >= 0.1).sum()
    assert chosen.ece_before > 0.08
    assert chosen.ece_after < 0.04
    assert chosen.faceless is None
    # Of every face the same is known, so no class's shift is its own.
    assert len(set(chosen.shift.values())) == 1


def test_threshold_keeps_false_detections_out():
    # Sure of ten faces; three pictures without a face, seen as one.
    faces = pictures_of([0.9] * 10, [True] * 9 + [False])
    faceless = [seen([], face(BOX, 'Sad', 0.6))] * 3
    chosen = Calibration.of([*faces, *faceless])
    # The scores of the faces, as the temperature leaves them.
    cooled = cool(faces[0], chosen.temperature, chosen.shift).best.score
    assert chosen.score_thr == pytest.approx(cooled)
    assert (chosen.faceless.num_images, chosen.faceless.num_detections) == (
        3,
        0,
    )


@pytest.mark.parametrize('false, shown', [(0, 402), (2, 402), (3, 398)])
def test_threshold_shows_faces_whose_names_are_unsure(false, shown):
    faces = pictures_of([0.9] * 398, [True] * 398)
    # The mean F1 is highest without these four, but by 0.3 % only.
    faces += pictures_of([0.3], [True])
    faces += [seen([(BOX, 'Fear')], face(BOX, 'Sad', 0.3))] * 3
    faceless = [seen([], face(BOX, 'Sad', 0.4))] * false + [seen([])] * 200
    chosen = Calibration.of([*faces, *faceless])
    temperature, shift = chosen.temperature, chosen.shift
    scores = [cool(x, temperature, shift).best.score for x in faces]
    assert sum(score >= chosen.score_thr for score in scores) == shown
    # One in a hundred is put up with.
    assert chosen.faceless.num_detections == (0 if false > 2 else false)


def test_faces_without_an_expression_judge_no_name():
    unknown = seen([(BOX, None)], face(BOX, 'Sad', 0.7))
    known = pictures_of([0.8], [True])
    scores, right = scores_and_verdicts([unknown, *known])
    assert (scores.tolist(), right.tolist()) == ([0.8], [True])
