"""OpenCV's face detector behind the interface of this project."""

import os

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.datasets.images import FaceDetector
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
