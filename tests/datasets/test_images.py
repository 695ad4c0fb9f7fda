"""Photographs are read, and the faces in them found."""

import os

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.datasets.images import FaceDetector, read_image
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
