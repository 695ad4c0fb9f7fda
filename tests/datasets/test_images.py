"""Photographs are read, and the faces in them found."""

import os
import tracemalloc

import cv2
import hollow_pictures
import numpy as np
import pytest
from PIL import Image

from fer_yolo_mamba.datasets.images import (
    FaceDetector,
    decode_bytes,
    decode_image,
    image_size,
    max_pixels,
    read_image,
    to_bgr,
)
from fer_yolo_mamba.errors import InputError


class FakeYN:
    """Finds the faces that it is told, as rows of 15 numbers."""

    def __init__(self, rows):
        self.rows = rows

    def setInputSize(self, size):
        self.size = size

    def detect(self, image):
        assert self.size == image.shape[1::-1]
        return 1, self.rows


@pytest.fixture
def with_rows(monkeypatch, tmp_path):
    def make(rows):
        monkeypatch.setattr(
            cv2.FaceDetectorYN, 'create', lambda *_, **__: FakeYN(rows)
        )
        model = tmp_path / 'model.onnx'
        model.write_bytes(b'')
        return FaceDetector(model)

    return make


def test_boxes_are_corners_and_the_largest_comes_first(with_rows):
    rows = np.zeros((2, 15), np.float32)
    rows[:, :4] = [(1, 2, 3, 4), (10, 20, 30, 40)]
    image = np.zeros((50, 60, 3), np.uint8)
    assert with_rows(rows)(image) == [(10, 20, 40, 60), (1, 2, 4, 6)]


def test_no_face(with_rows):
    assert with_rows(None)(np.zeros((5, 6, 3), np.uint8)) == []


@pytest.mark.parametrize('content', [None, b'', b'no model'])
def test_a_model_that_cannot_be_loaded(tmp_path, content):
    model = tmp_path / 'yunet.onnx'
    if content is not None:
        model.write_bytes(content)
    with pytest.raises(InputError, match=r'yunet\.onnx: .*model zoo') as error:
        FaceDetector(model)
    assert '\n' not in str(error.value)


@pytest.mark.skipif(
    'FACE_DETECTION_YUNET' not in os.environ,
    reason='needs the path of a YuNet model in FACE_DETECTION_YUNET',
)
def test_a_real_model_runs():
    detector = FaceDetector(os.environ['FACE_DETECTION_YUNET'])
    assert detector(np.zeros((64, 48, 3), np.uint8)) == []


def test_a_photograph_is_read_in_colour(tmp_path):
    path = tmp_path / 'Füße.png'
    image = np.arange(90, dtype=np.uint8).reshape(5, 6, 3)
    path.write_bytes(cv2.imencode('.png', image)[1].tobytes())
    np.testing.assert_array_equal(read_image(path), image)


@pytest.mark.parametrize(
    ('content', 'words'), [(None, 'does not exist'), (b'no image', 'PNG')]
)
def test_what_is_no_photograph_is_an_input_error(tmp_path, content, words):
    path = tmp_path / 'a.jpg'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf'a\.jpg.*{words}'):
        read_image(path)


@pytest.mark.parametrize('side', [14000, 16000])
@pytest.mark.parametrize('make', hollow_pictures.ALL)
def test_a_picture_that_claims_too_much_is_not_decoded(
    make, side, tmp_path, monkeypatch
):
    monkeypatch.setattr(cv2, 'imdecode', pytest.fail)
    path = tmp_path / 'bomb.png'
    path.write_bytes(make(side, side))
    with pytest.raises(InputError, match=f'bomb.png claims {side**2} pixels'):
        read_image(path)
    assert decode_image(path) is None
    assert decode_bytes(path.read_bytes()) is None
    assert image_size(path) is None


@pytest.mark.parametrize('make', hollow_pictures.ALL)
def test_headers_that_claim_too_little_crash_nothing(make, tmp_path):
    path = tmp_path / 'a.png'
    for size in ((0, 0), (1, 16000), (8, 8)):
        path.write_bytes(make(*size))
        found = decode_image(path)
        assert found is None or found.size
        assert image_size(path) in (None, size)


def test_a_limit_of_pillow_is_none_of_ours(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 10)
    path = tmp_path / 'large.png'
    cv2.imwrite(str(path), np.zeros((3, 60, 3), np.uint8))
    assert image_size(path) == (60, 3)
    assert decode_image(path).shape == (3, 60, 3)


def damaged_pngs():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 50, 3), np.uint8)
    content = cv2.imencode('.png', pixels)[1].tobytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    return {
        'half': content[: len(content) // 2],
        'without its end': content[:-8],
        'a bit flipped': bytes(flipped),
        'without pixels': content[:33] + content[-12:],
    }


@pytest.mark.parametrize('content', damaged_pngs().values(), ids=damaged_pngs())
def test_the_library_of_a_damaged_png_prints_nothing(content, capfd):
    assert decode_bytes(content) is None
    assert capfd.readouterr() == ('', '')


def test_texts_in_a_picture_are_not_unpacked_without_end(tmp_path):
    path = tmp_path / 'texts.png'
    path.write_bytes(hollow_pictures.png_of_texts(10**7))
    tracemalloc.start()
    assert image_size(path) == (8, 8)
    assert decode_image(path).shape == (8, 8, 3)
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


@pytest.mark.parametrize(
    ('width', 'height', 'is_taken'),
    [
        *[(3200, 4, False), (4, 3200, False), (1, 51, False)],
        *[(3200, 64, True), (1, 50, True), (1, 1, True)],
    ],
)
def test_a_side_that_would_vanish(width, height, is_taken, tmp_path):
    path = tmp_path / 'a.png'
    image = np.zeros((height, width, 3), np.uint8)
    cv2.imwrite(str(path), image)
    if is_taken:
        assert read_image(path).shape == to_bgr(image).shape == image.shape
        assert image_size(path) == (width, height)
        return
    for read, given in ((read_image, path), (to_bgr, image)):
        with pytest.raises(InputError, match=f'is {width}x{height} pixels'):
            read(given)
    assert image_size(path) is decode_bytes(path.read_bytes()) is None


def test_the_limit_is_a_setting(tmp_path, monkeypatch):
    path = tmp_path / 'small.png'
    cv2.imwrite(str(path), np.zeros((10, 20, 3), np.uint8))
    assert max_pixels() == 200_000_000
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_PIXELS', '199')
    with pytest.raises(InputError, match='OPENCV_IO_MAX_IMAGE_PIXELS'):
        read_image(path)
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_PIXELS', '200')
    assert read_image(path).shape == (10, 20, 3)
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_PIXELS', 'many')
    with pytest.raises(InputError, match='is many: give the number'):
        read_image(path)


@pytest.mark.parametrize('kind', ['folder', 'pipe', 'device'])
def test_what_is_no_file_is_not_read(kind, tmp_path):
    path = tmp_path / 'me.jpg'
    if kind == 'folder':
        path.mkdir()
    elif kind == 'pipe':
        os.mkfifo(path)
    else:
        path.symlink_to('/dev/zero')
    with pytest.raises(InputError, match='is a folder, device, pipe or'):
        read_image(path)
    assert decode_image(path) is None
    assert image_size(path) is None


def test_an_endless_file_is_not_read(tmp_path):
    path = tmp_path / 'me.jpg'
    with open(path, 'wb') as file:
        file.truncate(2**40)
    with pytest.raises(
        InputError, match='is larger than the 200000000 pixels of'
    ):
        read_image(path)


GREY = np.arange(6, dtype=np.uint8).reshape(2, 3)
BGR = np.dstack([GREY, GREY + 10, GREY + 20])


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        (GREY, np.dstack([GREY] * 3)),
        (GREY[..., None], np.dstack([GREY] * 3)),
        (BGR, BGR),
        (np.dstack([BGR, GREY]), BGR),
    ],
)
def test_an_array_becomes_bgr(given, expected):
    np.testing.assert_array_equal(to_bgr(given), expected)


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        (BGR / 255, 'float64, whose white is unknown'),
        (BGR.astype(np.uint16), 'uint16, whose white is unknown'),
        (GREY > 2, 'bool'),
        (np.array(['a.jpg', 'b.jpg']), 'paths as a list'),
        (BGR.transpose(2, 0, 1)[..., :2], r'shape \(3, 2, 2\)'),
        (BGR[None], r'shape \(1, 2, 3, 3\)'),
        (BGR[:0], r'shape \(0, 3, 3\)'),
        ([[1, 2]], 'of type list'),
    ],
)
def test_another_array_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        to_bgr(given)
