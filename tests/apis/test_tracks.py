"""Faces of a film that are followed from frame to frame."""

import math
import sys

import pytest
from coloured_persons import (
    LENGTH,
    RATE,
    SIDE,
    ColourNetwork,
    write_crossing,
)

from fer_yolo_mamba.apis import FERDetector, FERResult, detector
from fer_yolo_mamba.apis.tracks import follow_faces
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.faces import Face


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setattr(
        detector, 'open_network', lambda *_, **__: ColourNetwork()
    )
    return FERDetector()


@pytest.fixture
def crossing(tmp_path):
    path = tmp_path / 'crossing.mp4'
    write_crossing(path)
    return path


def film(*frames, source='film.mp4', rate=RATE):
    """Results of a film: each frame the scores of Happy of its faces."""
    return [
        FERResult(
            tuple(happy_at(x, score) for x, score in enumerate(scores)),
            *(SIDE, SIDE, source, number, number / rate if rate else 0.0),
        )
        for number, scores in enumerate(frames)
    ]


def happy_at(x, score):
    scores = dict(Happy=score, Sad=1 - score)
    best = max(scores, key=scores.get)
    bbox = (100.0 * x, 10.0, 100.0 * x + 60, 80.0)
    return Face(bbox, best, scores[best], scores, 1.0)


def tracks_of(results):
    return [[face.track for face in result.faces] for result in results]


@pytest.mark.parametrize('every', [1, 2, 4])
def test_persons_who_cross_keep_their_numbers(every, colours, crossing):
    results = list(colours(crossing, every=every, track=True, batch_size=4))
    assert len(results) == math.ceil(LENGTH / every)
    persons = {
        (face.expression, face.track)
        for result in results[1:]
        for face in result.faces
    }
    assert len(persons) == 2
    assert {track for _, track in persons} == {1, 2}
    # They do cross.
    first, last = (
        {face.expression: face.bbox[0] for face in results[i].faces}
        for i in (0, -1)
    )
    assert first['Happy'] < first['Sad'] and last['Happy'] > last['Sad']


def test_boxes_are_those_of_the_detector(colours, crossing):
    colours.score_thr = 0.1  # below all that there is
    plain = list(colours(crossing))
    assert tracks_of(plain[1:2]) == [[None, None]]
    for one, other in zip(plain, colours(crossing, track=True), strict=True):
        assert {x.bbox for x in one.faces} == {x.bbox for x in other.faces}


def test_a_flicker_is_smoothed():
    """A look counts less the longer ago it was: 1/e after 0.3 s."""
    results = list(follow_faces(film(*[[0.9]] * 6, [0.2], [0.9])))
    assert [x.faces[0].expression for x in results] == ['Happy'] * 8
    weight = math.exp(-1 / RATE / 0.3)
    flicker, after = (x.faces[0] for x in results[6:])
    assert flicker.score == pytest.approx(weight * 0.9 + (1 - weight) * 0.2)
    assert after.score == pytest.approx(
        weight * flicker.score + (1 - weight) * 0.9
    )
    assert flicker.score == flicker.scores['Happy']
    assert flicker.face_score == pytest.approx(1)


def test_a_change_is_followed():
    *_, last = follow_faces(film(*[[0.9]] * RATE, *[[0.1]] * RATE))
    assert last.faces[0].expression == 'Sad'
    assert last.faces[0].score == pytest.approx(0.9, abs=0.04)


@pytest.mark.parametrize(('hidden', 'track'), [(20, 1), (40, 2)])
def test_a_face_that_is_hidden_for_less_than_a_second(hidden, track):
    seen = [[0.9]] * 5
    *_, last = follow_faces(film(*seen, *[[]] * hidden, *seen))
    assert last.faces[0].track == track


def test_a_faint_face_stays_on_its_track_and_begins_none():
    """As the second one, which is never as sure as 0.8."""
    frames = film([0.9, 0.7], [0.7, 0.7], [0.7, 0.7], [0.9, 0.7])
    results = list(follow_faces(frames, 0.8))
    assert tracks_of(results) == [[None], [1], [1], [1]]
    assert all(x.faces[0].bbox[0] == 0 for x in results)


def test_the_detector_asks_for_faint_faces(colours, crossing, monkeypatch):
    """Of who goes to the right, the score falls from 0.89 to 0.65."""
    monkeypatch.setattr(colours, 'score_thr', 0.8)
    counts = [
        [sum(x.expression == 'Happy' for x in y.faces) for y in results]
        for results in (colours(crossing), colours(crossing, track=True))
    ]
    assert [sum(x) for x in counts] == [16, LENGTH]


def test_every_film_has_its_own_numbers():
    frames = [[0.9, 0.8]] * 3
    results = [
        *film(*frames),
        *film(*frames),
        *film(*frames, source='other.mp4'),
        FERResult((happy_at(0, 0.9),), SIDE, SIDE, 'photo.jpg'),
        *film(*frames, source='other.mp4'),
    ]
    once = [[None, None], [1, 2], [1, 2]]
    assert tracks_of(follow_faces(results)) == [*once * 3, [None], *once]


def test_a_film_without_a_clock():
    assert tracks_of(follow_faces(film(*[[0.9]] * 3, rate=None))) == [
        *([None], [1], [1])
    ]


def test_without_the_library(colours, monkeypatch):
    monkeypatch.setitem(sys.modules, 'trackers', None)
    with pytest.raises(InputError, match=r'fer-yolo-mamba\[video\]'):
        colours('film.mp4', track=True)
