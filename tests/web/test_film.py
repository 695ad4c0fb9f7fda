"""What the page does with a film."""

import csv

import av
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
    assert answer.found.endswith(' of 2 persons')
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


def test_what_is_no_film(coloured, tmp_path):
    film, folder = tmp_path / 'film.mp4', tmp_path / 'answer'
    film.write_text('not a film')
    with pytest.raises(InputError, match='is no film'):
        annotate_film(coloured, film, folder, lambda *_: None)
    assert not folder.exists()
