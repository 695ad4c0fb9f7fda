"""The drawn film: what plays it, and what it says in words."""

import os

import numpy as np
import pytest

from fer_yolo_mamba.apis import FERResult
from fer_yolo_mamba.apis.films import FilmTally, FilmWriter, Persons
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.faces import Face
from fer_yolo_mamba.files import declare_input, inputs_kept

av = pytest.importorskip('av', reason='needs the extra video')

GREY = np.full((31, 45, 3), 128, np.uint8)


def written(path, every=1):
    with FilmWriter(path, 'camera 0', every) as writer:
        for _ in range(10):
            writer.add(GREY)
    return path


def test_browsers_play_it_and_odd_sides_are_made_even(tmp_path):
    path = written(tmp_path / 'out' / 'film.mp4', every=5)
    with av.open(path) as film:
        (stream,) = film.streams
        assert stream.codec_context.name == 'h264'
        assert (stream.width, stream.height) == (46, 32)
        assert stream.pix_fmt == 'yuv420p'
        assert stream.average_rate == 25 / 5
        pictures = [x.to_ndarray(format='bgr24') for x in film.decode(stream)]
    assert len(pictures) == 10
    np.testing.assert_allclose(pictures[-1], 128, atol=8)
    assert list(path.parent.iterdir()) == [path]


def test_without_pyav_it_is_opencvs(tmp_path, monkeypatch):
    monkeypatch.setattr('fer_yolo_mamba.apis.films.find_spec', lambda _: None)
    with av.open(written(tmp_path / 'film.mp4')) as film:
        assert film.streams.video[0].codec_context.name == 'mpeg4'


def test_length_and_rate_are_those_of_the_source(tmp_path):
    source = str(written(tmp_path / 'film.mp4'))
    writer = FilmWriter(tmp_path / 'drawn.mp4', source)
    assert (writer.length, writer.rate) == (10, 25)
    assert not writer.close()
    assert not writer.path.exists()


@pytest.mark.parametrize('is_input', [True, False])
@pytest.mark.parametrize('library', ['av', None])
def test_what_cannot_be_written(is_input, library, tmp_path, monkeypatch):
    monkeypatch.setattr(
        'fer_yolo_mamba.apis.films.find_spec', lambda _: library
    )
    path = tmp_path / 'film.mp4'
    if is_input:
        path.touch()
    with inputs_kept():
        declare_input(path)
        with pytest.raises(InputError, match=r'film\.mp4 .*: name another'):
            FilmWriter(path, 'camera 0').add(GREY if is_input else GREY[:0])
    assert list(tmp_path.iterdir()) == ([path] if is_input else [])


def test_opencv_writes_in_no_folder_whose_name_is_no_text(
    tmp_path, monkeypatch
):
    monkeypatch.setattr('fer_yolo_mamba.apis.films.find_spec', lambda _: None)
    folder = tmp_path / os.fsdecode(b'\xff')
    with pytest.raises(InputError, match='cannot be written as a film'):
        written(folder / 'film.mp4')
    assert not list(folder.iterdir())


def test_what_cannot_be_written_any_more(tmp_path, monkeypatch):
    def full(*_):
        raise OSError('No space left on device')

    film = FilmWriter(tmp_path / 'film.mp4', 'camera 0')
    film.add(GREY)
    for name in ('add', 'close'):
        monkeypatch.setattr(type(film._encoder), name, full)
    with pytest.raises(InputError, match=r'No space .*: name another'):
        film.add(GREY)
    with pytest.raises(InputError, match=r'No space .*: name another'):
        film.close()
    assert not list(tmp_path.iterdir())


def test_two_that_write_one_film_do_not_mix(tmp_path):
    first, other = (
        FilmWriter(tmp_path / 'film.mp4', 'camera 0') for _ in range(2)
    )
    for _ in range(5):
        first.add(GREY)
        other.add(GREY)
    assert other.close()
    assert first.close()
    assert [x.name for x in tmp_path.iterdir()] == ['film.mp4']
    with av.open(tmp_path / 'film.mp4') as film:
        assert len(list(film.decode(video=0))) == 5


def test_what_is_said_and_drawn_of_persons():
    sad = Face((0.0, 0.0, 9.0, 9.0), 'Sad', 0.9, {'Sad': 0.9}, track=1)
    unknown = Face((20.0, 0.0, 29.0, 9.0), 'Sad', 0.8, {'Sad': 0.8})
    tally, persons = FilmTally(), Persons()
    assert persons.timeline() is None
    for frame in range(3):
        result = FERResult(
            (sad, unknown), 45, 31, 'film.mp4', frame, frame / 25
        )
        tally.add(result)
        persons.add(result, 'film')
    assert str(tally) == '3 frames, 6 faces of 1 person'
    (axis,) = persons.timeline().axes
    assert axis.get_ylabel() == 'film #1'
