"""Frames of animations, pages and films; pictures of any kind."""

import io
import os
import shutil
import struct
import warnings

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_yolo_mamba.datasets.frames import (
    FilmClock,
    camera_frames,
    encoded_frames,
    from_pillow,
    picture_frames,
    video_facts,
    video_frames,
)
from fer_yolo_mamba.errors import InputError

LENGTH = 20


@pytest.fixture(scope='module')
def rgb():
    """(24, 32, 3), smooth."""
    rng = np.random.default_rng(0)
    return cv2.resize(rng.integers(0, 256, (4, 5, 3), np.uint8), (32, 24))


@pytest.fixture(scope='module')
def film(tmp_path_factory):
    """Ever brighter frames, ten a second."""
    path = tmp_path_factory.mktemp('films') / 'film.avi'
    fourcc = cv2.VideoWriter.fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), fourcc, 10, (32, 24))
    for number in range(LENGTH):
        writer.write(np.full((24, 32, 3), 10 * number, np.uint8))
    writer.release()
    return path


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


KINDS = {
    'grey': ('L', 'JPEG'),
    'palette': ('P', 'PNG'),
    'palette of a GIF': ('P', 'GIF'),
    'alpha': ('RGBA', 'PNG'),
    'grey with alpha': ('LA', 'PNG'),
    'CMYK': ('CMYK', 'JPEG'),
    'CMYK in a TIFF': ('CMYK', 'TIFF'),
    'WebP': ('RGB', 'WEBP'),
    'AVIF': ('RGB', 'AVIF'),
    'BMP': ('RGB', 'BMP'),
}


@pytest.mark.parametrize(('mode', 'kind'), KINDS.values(), ids=KINDS)
def test_a_picture_of_any_kind(mode, kind, rgb):
    """As a file and as Pillow's picture, close to the original."""
    image = Image.fromarray(rgb).convert(mode)
    expected = np.asarray(image.convert('RGB'))[..., ::-1].astype(float)
    (frame,) = encoded_frames(encoded(image, kind))
    for found in (frame.image, from_pillow(image)):
        assert found.shape == (24, 32, 3) and found.dtype == np.uint8
        assert np.abs(found - expected).mean() < 12
    assert (frame.source, frame.index, frame.time) == (None, None, None)


def test_sixteen_bits(rgb):
    deep = Image.fromarray(rgb[..., 0].astype(np.uint16) * 257)
    (frame,) = encoded_frames(encoded(deep, 'PNG'))
    for found in (frame.image, from_pillow(deep)):
        np.testing.assert_allclose(found[..., 1], rgb[..., 0], atol=1)
    with pytest.raises(InputError, match='whose white is unknown'):
        from_pillow(Image.fromarray(np.zeros((4, 4), np.float32)))


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'WEBP', 'TIFF'])
def test_a_turned_picture_is_upright(kind, rgb):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees to the right
    content = encoded(Image.fromarray(rgb), kind, exif=exif)
    (frame,) = encoded_frames(content)
    upright = np.rot90(rgb, -1)[..., ::-1].astype(float)
    for found in (frame.image, from_pillow(Image.open(io.BytesIO(content)))):
        assert np.abs(found - upright).mean() < 12


@pytest.mark.parametrize('kind', ['GIF', 'TIFF', 'PNG', 'WEBP'])
def test_every_frame_of_an_animation_or_of_pages(kind, rgb, tmp_path):
    pages = [Image.fromarray(np.roll(rgb, 8 * i, 1)) for i in range(3)]
    options = {} if kind == 'TIFF' else dict(duration=200)
    path = tmp_path / f'pages.{kind.lower()}'
    path.write_bytes(
        encoded(
            pages[0], kind, save_all=True, append_images=pages[1:], **options
        )
    )
    for frames in (picture_frames(path), encoded_frames(path.read_bytes())):
        frames = list(frames)
        assert [frame.index for frame in frames] == [0, 1, 2]
        times = [frame.time for frame in frames]
        assert times == ([None] * 3 if kind == 'TIFF' else [0, 0.2, 0.4])
        for frame, page in zip(frames, pages, strict=True):
            expected = np.asarray(page)[..., ::-1].astype(float)
            assert np.abs(frame.image - expected).mean() < 12


def far_away(gif):
    """The last frame of a GIF lies where no screen reaches."""
    at = gif.rindex(b',' + bytes(4) + struct.pack('<HH', 32, 24))
    return gif[: at + 1] + struct.pack('<HH', 65000, 65000) + gif[at + 5 :]


def without_pixels(avif):
    at = avif.index(b'mdat') + 4
    return avif[:at] + bytes(len(avif) - at)


@pytest.mark.parametrize(
    ('kind', 'damage', 'index'),
    [('GIF', far_away, 1), ('AVIF', without_pixels, 0)],
)
def test_a_frame_that_cannot_be_decoded(kind, damage, index, rgb, tmp_path):
    pages = [Image.fromarray(np.roll(rgb, 8 * i, 1)) for i in range(2)]
    content = encoded(pages[0], kind, save_all=True, append_images=pages[1:])
    path = tmp_path / f'film.{kind.lower()}'
    path.write_bytes(damage(content))
    frames = picture_frames(path)
    assert [next(frames).index for _ in range(index)] == [*range(index)]
    words = rf'frame {index} of .*film\.\w+ cannot be decoded'
    with pytest.raises(InputError, match=words):
        next(frames)


def test_a_damaged_picture_of_pillow(rgb):
    content = without_pixels(encoded(Image.fromarray(rgb), 'AVIF'))
    with pytest.raises(InputError, match=r'cannot be decoded .*; convert it'):
        from_pillow(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'WEBP', 'GIF', 'TIFF', 'BMP'])
@pytest.mark.parametrize('share', [0.5, 0.95])
def test_half_a_picture_is_refused(kind, share, rgb, tmp_path):
    content = encoded(Image.fromarray(rgb), kind)
    path = tmp_path / f'half.{kind.lower()}'
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r'half.*cannot be decoded.*convert'):
        list(picture_frames(path))
    with pytest.raises(InputError, match='no image, or a damaged'):
        list(encoded_frames(path.read_bytes()))


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / 'empty.jpg'
    path.touch()
    with pytest.raises(InputError, match='is empty: name another'):
        list(picture_frames(path))
    with pytest.raises(InputError, match='no image, or a damaged'):
        list(encoded_frames(b''))


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch, rgb, tmp_path):
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_PIXELS', '700')
    monkeypatch.setattr(cv2, 'imdecode', pytest.fail)
    path = tmp_path / 'bomb.png'
    path.write_bytes(encoded(Image.fromarray(rgb), 'PNG'))
    with pytest.raises(
        InputError, match='claims 768 pixels, more than the 700'
    ):
        list(picture_frames(path))
    with pytest.raises(InputError, match='too large'):
        list(encoded_frames(path.read_bytes()))
    with pytest.raises(InputError, match='claims 32 x 24'):
        from_pillow(Image.fromarray(rgb))


@pytest.mark.parametrize(('every', 'count'), [(1, 20), (3, 7), (100, 1)])
def test_the_frames_of_a_film(every, count, film):
    frames = list(video_frames(film, every))
    assert [frame.index for frame in frames] == list(range(0, 20, every))
    assert len(frames) == count
    for frame in frames:
        assert frame.source == str(film)
        assert frame.time == pytest.approx(frame.index / 10, abs=1e-3)
        assert np.abs(frame.image - 10.0 * frame.index).max() < 8
    assert video_facts(film) == (20, 10)


@pytest.mark.parametrize(
    ('said', 'times'),
    [
        ([0, 0.5, 0.25, 0.75], [0, 0.5, 1, 1.5]),  # begins anew
        ([0.5, 1, 0, 2], [0.5, 1, 1.5, 2]),  # says nothing once
        ([0, 0, 0], [0, 0.04, 0.08]),  # ever
    ],
)
def test_the_clock_of_a_film(said, times):
    assert list(map(FilmClock(), said)) == pytest.approx(times)


def test_a_film_that_ends_early_is_read_as_far_as_it_goes(film, tmp_path):
    half = tmp_path / 'half.avi'
    fourcc = cv2.VideoWriter.fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(half), fourcc, 10, (160, 120))
    rng = np.random.default_rng(0)
    for _ in range(LENGTH):
        writer.write(rng.integers(0, 256, (120, 160, 3), np.uint8))
    writer.release()
    content = half.read_bytes()
    half.write_bytes(content[: len(content) // 2])
    with pytest.warns(UserWarning, match=r'ends after frame \d+ of 20'):
        frames = list(video_frames(half))
    assert 5 < len(frames) < 15
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert len(list(video_frames(film, 7))) == 3


def test_the_clock_of_a_container_is_no_rate(tmp_path):
    """As browsers record a screen; its count is made of that rate."""
    av = pytest.importorskip('av', reason='needs the extra video')
    path = tmp_path / 'film.mkv'
    with av.open(path, 'w') as film:
        stream = film.add_stream('mpeg4', 1000)
        stream.width, stream.height, stream.pix_fmt = 32, 24, 'yuv420p'
        for milliseconds in (0, 30, 80, 100):
            frame = av.VideoFrame(32, 24, 'yuv420p')
            frame.pts = milliseconds
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        times = [frame.time for frame in video_frames(path)]
    assert times == pytest.approx([0, 0.03, 0.08, 0.1])
    assert video_facts(path) == (None, None)


def test_the_clock_of_a_camera_is_ours(monkeypatch):
    class Camera:
        """One whose driver has none."""

        grab, get, release = (lambda *_, x=x: x for x in (True, 0.0, None))

        def __init__(self, number):
            pass

        def retrieve(self):
            return True, np.zeros((24, 32, 3), np.uint8)

    monkeypatch.setattr(cv2, 'VideoCapture', Camera)
    seconds = iter((100, 100.5, 101.5))
    monkeypatch.setattr(
        'fer_yolo_mamba.datasets.frames.monotonic', lambda: next(seconds)
    )
    shown = camera_frames(0)
    assert [next(shown).time for _ in range(2)] == [0.5, 1.5]


def test_a_film_without_a_length(film, tmp_path):
    """Pictures one after the other, without a container."""
    image = np.full((24, 32, 3), 90, np.uint8)
    path = tmp_path / 'stream.mjpeg'
    path.write_bytes(cv2.imencode('.jpg', image)[1].tobytes() * 5)
    assert len(list(video_frames(path))) == 5


def test_what_is_no_film(tmp_path):
    with pytest.raises(InputError, match='does not exist'):
        list(video_frames(tmp_path / 'none.mp4'))
    path = tmp_path / 'text.mp4'
    path.write_text('not a film')
    with pytest.raises(InputError, match='is no film that OpenCV can read'):
        list(video_frames(path))


def test_a_film_whose_name_is_no_text(film, tmp_path):
    path = os.fsencode(tmp_path) + b'/\xff.avi'
    shutil.copy(film, path)
    with pytest.raises(InputError, match='has a name that is no text: rename'):
        list(video_frames(os.fsdecode(path)))
    assert video_facts(os.fsdecode(path)) == (None, None)


def test_a_film_named_by_the_time_of_day(film, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(film, '2024-05-01T12:30.avi')
    assert len(list(video_frames('2024-05-01T12:30.avi'))) == LENGTH
    assert video_facts('2024-05-01T12:30.avi') == (LENGTH, 10)


@pytest.mark.parametrize(
    ('number', 'words'),
    [
        (97, 'camera 97 gives no picture'),
        (-1, 'no camera -1: name one'),
        (2**31, 'no camera 2147483648: name one'),
    ],
)
def test_a_camera_that_is_not_there(number, words):
    with pytest.raises(InputError, match=words):
        next(camera_frames(number))
