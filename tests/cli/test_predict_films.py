"""What ``fer-yolo-mamba predict`` makes of a film."""

import csv
import sys

import av
import cv2
import pytest
from coloured_persons import (
    LENGTH,
    RATE,
    SIDE,
    SOUND,
    ColourNetwork,
    write_crossing,
)

from fer_yolo_mamba.apis import detector


@pytest.fixture
def film(tmp_path):
    path = tmp_path / 'film.mp4'
    write_crossing(path)
    return path


@pytest.fixture
def predict(fer_yolo_mamba, monkeypatch, tmp_path):
    """Returns status, output and errors."""
    monkeypatch.setattr(
        detector, 'open_network', lambda *_, **__: ColourNetwork()
    )
    out = ('--out', tmp_path / 'out')
    return lambda *words: fer_yolo_mamba('predict', *out, *words)


def tracks_in(table):
    """Expression and track of every row but those of the first frame."""
    with table.open(newline='') as file:
        return {
            (row['expression'], row['track'])
            for row in csv.DictReader(file)
            if row['frame'] != '0'
        }


def seconds_of(path):
    """Lengths of the pictures and of the sound."""
    with av.open(path) as film:
        return [float(x.duration * x.time_base) for x in film.streams]


def test_persons_keep_their_numbers(film, predict, tmp_path):
    table, timeline = tmp_path / 'faces.csv', tmp_path / 'timeline.png'
    status, said, _ = predict(film, '--csv', table, '--timeline', timeline)
    assert status == 0
    assert f'{LENGTH} frames, ' in said and ' faces of 2 persons, ' in said
    assert f' frames/s (the film: {RATE}.0) -> ' in said
    assert tracks_in(table) in (
        {('Happy', '1'), ('Sad', '2')},
        {('Happy', '2'), ('Sad', '1')},
    )
    height, width = cv2.imread(str(timeline)).shape[:2]
    assert width > height > SIDE


@pytest.mark.parametrize('every', [1, 4])
def test_the_sound_stays_as_long_as_the_pictures(
    every, film, predict, tmp_path
):
    assert seconds_of(film)[1] == pytest.approx(SOUND, abs=0.1)
    status, _, _ = predict(film, '--every', every)
    assert status == 0
    drawn = tmp_path / 'out' / 'film.mp4'
    assert seconds_of(drawn) == pytest.approx([LENGTH / RATE] * 2, abs=0.05)
    with av.open(film) as before, av.open(drawn) as after:
        packets = [
            [bytes(x) for x in y.demux(audio=0)] for y in (before, after)
        ]
    count = len(packets[1]) - 1  # the last one ends the stream
    assert count > LENGTH
    assert packets[1][:count] == packets[0][:count]
    assert {x.name for x in (tmp_path / 'out').iterdir()} == {'film.mp4'}


def test_films_and_folders_named_by_the_time_of_day(
    film, predict, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    film.rename('2024-05-01T12:30.mp4')
    status, _, _ = predict('2024-05-01T12:30.mp4', '--out', '12:45')
    assert status == 0
    assert len(seconds_of('./12:45/2024-05-01T12:30.mp4')) == 2


def test_a_sound_that_is_damaged_is_left_out(
    film, predict, tmp_path, monkeypatch
):
    def broken(*_):
        raise av.error.InvalidDataError(1, 'no sound')

    monkeypatch.setattr('fer_yolo_mamba.apis.film_sound._join', broken)
    assert predict(film)[0] == 0
    assert len(seconds_of(tmp_path / 'out' / 'film.mp4')) == 1
    assert {x.name for x in (tmp_path / 'out').iterdir()} == {'film.mp4'}


def test_a_plain_install(film, predict, tmp_path, monkeypatch):
    """Frames without tracks, and one line that says how to get them."""
    for library in ('av', 'trackers'):
        monkeypatch.setitem(sys.modules, library, None)
    table = tmp_path / 'faces.csv'
    status, said, complaint = predict(film, '--csv', table)
    assert status == 0
    assert 'pip install "fer-yolo-mamba[video]"' in complaint.splitlines()[0]
    assert ' persons' not in said
    assert tracks_in(table) == {('Happy', ''), ('Sad', '')}
    status, _, complaint = predict(film, '--timeline', tmp_path / 'x.png')
    assert status == 2 and complaint.count('\n') == 1
    assert 'fer-yolo-mamba[video]' in complaint


def test_nobody_has_no_timeline(film, predict, tmp_path):
    timeline = tmp_path / 'timeline.png'
    status, _, complaint = predict(
        film, '--timeline', timeline, '--min-face', SIDE, '--no-pictures'
    )
    assert status == 0
    assert f'{timeline} is not written: nobody' in complaint
    assert not timeline.exists()
