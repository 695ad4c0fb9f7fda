"""The drawn film: what plays it, and what it says in words."""

import os

import numpy as np
import pytest
from coloured_persons import write_crossing

from fer_yolo_mamba.apis import FERResult
from fer_yolo_mamba.apis.films import FilmTally, FilmWriter, Persons
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.faces import Face
from fer_yolo_mamba.files import declare_input, inputs_kept

av = pytest.importorskip('av', reason='needs the extra video')

GREY = np.full((31, 45, 3), 128, np.uint8)
TIMES = np.arange(10) / 25


def written(path, times=TIMES):
    """Ever brighter frames."""
    with FilmWriter(path, 'camera 0') as writer:
        for i, time in enumerate(times):
            writer.add(np.full_like(GREY, 20 * i), time)
    return path


def sounds(path):
    """Packets of the sound, and their times."""
    with av.open(path) as film:
        for packet in film.demux(audio=0):
            if packet.size:  # the last one ends the stream
                yield packet, float(packet.pts * packet.time_base)


def shown(path):
    """Time and brightness of each frame."""
    with av.open(path) as film:
        return [
            (x.time, x.to_ndarray(format='bgr24').mean())
            for x in film.decode(video=0)
        ]


def test_browsers_play_it_and_odd_sides_are_made_even(tmp_path):
    path = written(tmp_path / 'out' / 'film.mp4')
    with av.open(path) as film:
        (stream,) = film.streams
        assert stream.codec_context.name == 'h264'
        assert (stream.width, stream.height) == (46, 32)
        assert stream.pix_fmt == 'yuv420p'
    times, greys = zip(*shown(path), strict=True)
    assert times == pytest.approx(TIMES, abs=1e-4)
    assert greys == pytest.approx(20 * np.arange(10), abs=8)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    'times',
    [
        [0, 1 / 3600],  # of a camera of high speed
        [0, 0.02, 0.06, 1, 1.5],  # of a telephone in the dark
        [7, 7.1, 7.1, 7.0999],
        [0, 3600, 7200],  # of a garden
    ],
)
def test_each_frame_stands_where_it_stood(times, tmp_path):
    found, greys = zip(*shown(written(tmp_path / 'a.mp4', times)), strict=True)
    assert found == pytest.approx(np.subtract(times, times[0]), abs=5e-4)
    assert greys == pytest.approx(20 * np.arange(len(times)), abs=8)


def test_without_pyav_it_is_opencvs(tmp_path, monkeypatch):
    monkeypatch.setattr('fer_yolo_mamba.apis.films.find_spec', lambda _: None)
    # 30 a second: what lasts longer is repeated, what is shorter left out.
    path = written(tmp_path / 'film.mp4', [5, 5 + 1 / 30, 5.1, 5.101, 5.2])
    with av.open(path) as film:
        assert film.streams.video[0].codec_context.name == 'mpeg4'
    times, greys = zip(*shown(path), strict=True)
    assert times == pytest.approx(np.arange(7) / 30, abs=1e-3)
    assert greys == pytest.approx([0, 20, 20, 60, 60, 60, 80], abs=8)


def test_a_frame_lasts_as_long_as_mp4_can_hold(tmp_path):
    # The clock of a broadcast has gone round.
    path = written(tmp_path / 'a.mp4', [0, 1, *range(95_000, 95_008)])
    times = [time for time, _ in shown(path)]
    assert len(times) == 10
    assert times[2] - times[1] == pytest.approx(26_844, abs=1)


def test_the_sound_is_in_step_where_the_first_frames_are_missing(tmp_path):
    source, drawn = str(tmp_path / 'film.mp4'), tmp_path / 'drawn.mp4'
    write_crossing(source)
    with FilmWriter(drawn, source) as writer:
        for time in np.arange(15, 40) / 25:
            writer.add(GREY, time)
    before, after = (
        {bytes(packet): time for packet, time in sounds(path)}
        for path in (source, drawn)
    )
    assert len(after) > len(TIMES)
    for packet, time in after.items():
        assert time == pytest.approx(before[packet] - 15 / 25, abs=1e-3)


def test_the_sound_goes_on_through_a_pause_near_the_end(tmp_path):
    source, drawn = str(tmp_path / 'film.mp4'), tmp_path / 'drawn.mp4'
    write_crossing(source)
    times = [0, 0.04, 0.08, 0.12, 0.16, 0.9, 1.5]
    with FilmWriter(drawn, source) as writer:
        for brightness, time in enumerate(times):
            writer.add(np.full_like(GREY, 9 * brightness), time)
    with av.open(drawn) as film:
        video = film.streams.video[0]
        assert video.duration * video.time_base >= times[-1]
    *_, (_, last) = sounds(drawn)
    assert last > times[-1] - 0.1


def test_the_length_is_that_of_the_source(tmp_path):
    source = str(written(tmp_path / 'film.mp4'))
    writer = FilmWriter(tmp_path / 'drawn.mp4', source)
    assert writer.length == 10
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
            FilmWriter(path, 'camera 0').add(GREY if is_input else GREY[:0], 0)
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
    film.add(GREY, 0)
    for name in ('add', 'close'):
        monkeypatch.setattr(type(film._encoder), name, full)
    with pytest.raises(InputError, match=r'No space .*: name another'):
        film.add(GREY, 0)
    with pytest.raises(InputError, match=r'No space .*: name another'):
        film.close()
    assert not list(tmp_path.iterdir())


def test_two_that_write_one_film_do_not_mix(tmp_path):
    first, other = (
        FilmWriter(tmp_path / 'film.mp4', 'camera 0') for _ in range(2)
    )
    for i in range(5):
        first.add(GREY, i)
        other.add(GREY, i)
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
