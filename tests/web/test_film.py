"""What the page does with a film."""

import csv
import re

import av
import cv2
import numpy as np
import pytest
from coloured_persons import LENGTH, ColourNetwork, write_crossing

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.apis import detector
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.web import film as web_film
from fer_yolo_mamba.web.film import annotate_film


@pytest.fixture
def coloured(monkeypatch):
    monkeypatch.setattr(
        detector, 'open_network', lambda *_, **__: ColourNetwork()
    )
    return FERDetector(device='cpu')


@pytest.mark.parametrize('most', [10, 900])
def test_two_persons_cross(most, coloured, tmp_path, monkeypatch):
    monkeypatch.setattr(web_film, 'MOST_FRAMES', most)
    film, folder, told = tmp_path / 'film.mp4', tmp_path / 'answer', []
    write_crossing(film)
    answer = annotate_film(
        coloured, film, folder, lambda *done: told.append(done)
    )
    frames = min(most, LENGTH)
    assert answer.found.startswith(f'{frames} frames, ')
    rest = '' if frames == LENGTH else f'; the film has {LENGTH}.'
    assert answer.found.endswith(f' of 2 persons{rest}')
    assert told == [(done, frames) for done in range(1, frames + 1)]
    assert [x.get_ylabel() for x in answer.timeline.axes] == ['#1', '#2']
    with answer.table.open(newline='') as table:
        rows = list(csv.DictReader(table))
    assert {row['source'] for row in rows} == {film.name}
    assert {int(row['frame']) for row in rows} == set(range(frames))
    with av.open(answer.drawn) as drawn:
        kinds = [x.type for x in drawn.streams]
        assert sum(1 for _ in drawn.decode(video=0)) == frames
    assert kinds == ['video', 'audio']


@pytest.mark.filterwarnings('ignore:.* ends after frame')
def test_a_film_that_ends_early_is_said_to(coloured, tmp_path):
    whole, film = tmp_path / 'whole.avi', tmp_path / 'film.avi'
    write_crossing(whole)
    content = whole.read_bytes()
    film.write_bytes(content[: len(content) // 2])
    answer = annotate_film(coloured, film, tmp_path, lambda *_: None)
    assert re.search(
        rf'; the film ends after frame \d+ of {LENGTH}: it is damaged or cut '
        'short; copy it again',
        answer.found,
    )


def test_a_film_without_a_length_is_said_to_have_none(coloured, tmp_path):
    picture = np.full((24, 32, 3), 90, np.uint8)
    film = tmp_path / 'film.avi'
    film.write_bytes(cv2.imencode('.jpg', picture)[1].tobytes() * 5)
    answer = annotate_film(coloured, film, tmp_path, lambda *_: None)
    assert answer.found == (
        '5 frames, 0 faces; the film does not say how many frames it has.'
    )


def test_what_is_no_film(coloured, tmp_path):
    film, folder = tmp_path / 'film.mp4', tmp_path / 'answer'
    film.write_text('not a film')
    with pytest.raises(InputError, match='is no film'):
        annotate_film(coloured, film, folder, lambda *_: None)
    assert not folder.exists()
