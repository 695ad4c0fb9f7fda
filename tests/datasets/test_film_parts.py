"""The parts of a film are, one after the other, the film."""

from fractions import Fraction

import numpy as np
import pytest

from fer_yolo_mamba.datasets.film_parts import film_part_frames, film_parts
from fer_yolo_mamba.datasets.frames import video_frames
from fer_yolo_mamba.errors import InputError

av = pytest.importorskip('av')

LENGTH = 40


def write_film(path, codec, options, degrees=0, begin=0):
    """Moving noise, a key frame each ten, 64 wide and 48 high.

    Its clock begins `begin` frames after 0.
    """
    noise = np.random.default_rng(0).integers(0, 255, (48, 200, 3), np.uint8)
    # The writer would move a clock that begins before 0.
    kept = dict(avoid_negative_ts='disabled') if begin < 0 else {}
    with av.open(path, 'w', container_options=kept) as film:
        stream = film.add_stream(codec, 25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        if degrees:
            stream.set_display_rotation(degrees)
        for i in range(LENGTH):
            image = np.ascontiguousarray(noise[:, 3 * i : 3 * i + 64])
            frame = av.VideoFrame.from_ndarray(image, 'bgr24')
            frame.pts, frame.time_base = begin + i, Fraction(1, 25)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())


def decoded(path, frames):
    """The frames of each part."""
    with open(path, 'rb') as file:
        parts = film_parts(file, frames, 'film')
    found = []
    for part in parts:
        with open(path, 'rb') as file:
            found.append([*film_part_frames(file, part, 'film')])
    return found


X264 = dict(g='10', bf='2')


@pytest.mark.parametrize(
    ('name', 'codec', 'options'),
    [
        ('a.mp4', 'libx264', X264),
        # Frames that are shown before a key frame and need those before it.
        ('open.mp4', 'libx264', {'x264-params': 'open-gop=1:keyint=10'}),
        ('a.mkv', 'libx264', X264),
        ('a.ts', 'libx264', X264),
        ('a.avi', 'mpeg4', dict(g='10')),
        ('a.mpg', 'mpeg1video', dict(g='10')),
        ('a.webm', 'libvpx', dict(g='10')),
    ],
)
def test_all_frames_once_and_as_the_whole_film_has_them(
    name, codec, options, tmp_path
):
    path = str(tmp_path / name)
    write_film(path, codec, options)
    expected = list(video_frames(path))
    assert len(expected) == LENGTH
    for frames in (4, 10, 15, 100):
        parts = decoded(path, frames)
        assert (sum(map(bool, parts)) > 1) == (frames < LENGTH)
        found = [frame for part in parts for frame in part]
        assert len(found) == LENGTH
        for i, frame in enumerate(found):
            assert np.array_equal(frame.image, expected[i].image)
            assert frame.time == pytest.approx(i / 25, abs=1e-3)


def test_a_film_whose_clock_begins_before_0(tmp_path):
    path = str(tmp_path / 'film.mkv')
    write_film(path, 'mpeg4', dict(g='10'), begin=-3)
    with av.open(path) as film:
        assert film.streams.video[0].start_time == -120
    expected = [frame.time for frame in video_frames(path)]
    for frames in (10, 100):
        found = [x.time for part in decoded(path, frames) for x in part]
        assert found == pytest.approx(expected, abs=1e-3)


def test_films_one_after_the_other_have_a_clock_that_goes_on(tmp_path):
    path = tmp_path / 'film.ts'
    write_film(str(path), 'libx264', X264)
    path.write_bytes(path.read_bytes() * 2)
    times = [frame.time for frame in video_frames(path)]
    assert times == pytest.approx(np.arange(2 * LENGTH) / 25, abs=1e-3)
    # Also that of a frame whose predecessors are left out.
    times = [frame.time for frame in video_frames(path, 7)]
    assert times == pytest.approx(np.arange(0, 2 * LENGTH, 7) / 25, abs=1e-3)


def test_frames_that_do_not_say_when_they_were(tmp_path):
    path = str(tmp_path / 'film.avi')
    # The last two, which the decoder had kept back.
    write_film(path, 'libx264', X264)
    times = [frame.time for frame in video_frames(path)]
    assert np.diff(times) == pytest.approx(1 / 25, abs=1e-3)


def test_a_film_that_is_shown_on_its_side(tmp_path):
    path = str(tmp_path / 'film.mp4')
    write_film(path, 'libx264', X264, 90)
    (frame, *_), *_ = decoded(path, 10)
    (expected, *_) = video_frames(path)
    assert frame.image.shape == (64, 48, 3)
    assert np.array_equal(frame.image, expected.image)


def test_a_damaged_film_as_far_as_it_goes(tmp_path):
    path = tmp_path / 'film.mkv'
    write_film(str(path), 'libx264', X264)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    found = [frame for part in decoded(path, 10) for frame in part]
    assert 10 <= len(found) < 30
    path.write_bytes(b'text')
    with pytest.raises(InputError, match='film is no film that FFmpeg'):
        decoded(path, 10)
