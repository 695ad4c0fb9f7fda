"""What the page does with a photograph."""

import numpy as np
import pytest

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.apis.examples import example_pictures
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.web.photo import explain_face, find_faces


@pytest.fixture(scope='module')
def detector():
    return FERDetector(device='cpu')


@pytest.fixture(scope='module')
def drawn():
    return example_pictures()['Drawn faces']


def test_limits_of_one_question(detector, drawn):
    before = detector.score_thr, detector.min_face
    first, second = find_faces(detector, drawn, 0.01, 0).faces[:2]
    between = (first.score + second.score) / 2
    assert len(find_faces(detector, drawn, between, 0)) == 1
    assert len(find_faces(detector, drawn, second.score - 1e-3, 0)) == 2
    assert len(find_faces(detector, drawn, 0.01, 400)) == 0
    assert (detector.score_thr, detector.min_face) == before


@pytest.mark.parametrize('content', [b'', b'not a picture'])
def test_no_picture(content, detector):
    with pytest.raises(InputError, match='no image'):
        find_faces(detector, content, 0.5, 0)


def test_a_picture_that_no_jpeg_can_be(detector):
    panorama = np.zeros((1400, 65_501, 3), np.uint8)
    with pytest.raises(InputError, match='65501x1400 pixels, and the page'):
        find_faces(detector, panorama, 0.5, 0)


@pytest.mark.parametrize('face', [0, None])
def test_a_face_is_explained(face, detector, drawn):
    result = find_faces(detector, drawn, 0.5, 0)
    figure = explain_face(detector, result, face, 'score', 0.5, 0)
    titles = [axis.get_title() for axis in figure.axes]
    what = 'any expression' if face is None else result.faces[0].expression
    assert titles[:2] == ['faces', f'score: {what}']
