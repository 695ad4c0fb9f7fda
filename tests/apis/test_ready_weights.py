"""The weights that come with the package, on a photograph of a person."""

import json

import cv2
import numpy as np
import pytest
from matplotlib.cbook import get_sample_data
from safetensors import safe_open

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.apis import ready_weights
from fer_yolo_mamba.expressions import EXPRESSIONS


@pytest.fixture(scope='module')
def portrait():
    """Grace Hopper; the photograph is in the public domain."""
    return get_sample_data('grace_hopper.jpg', asfileobj=False)


def test_a_portrait_has_one_face(portrait):
    (result,) = FERDetector()(portrait)
    (face,) = result.faces
    # Brows to chin, as a person would draw it, within a fifth of its height.
    np.testing.assert_allclose(face.bbox, (180, 135, 350, 335), atol=40)
    assert face.expression == 'Neutral'


def test_the_face_stays_where_it_is_in_grey_and_half_as_large(portrait):
    image = cv2.imread(portrait)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    grey = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    small = cv2.resize(image, None, fx=0.5, fy=0.5)
    boxes = [
        np.array(result.faces[0].bbox)
        for result in FERDetector()([image, grey, small])
    ]
    np.testing.assert_allclose(boxes[1], boxes[0], atol=20)
    np.testing.assert_allclose(boxes[2] * 2, boxes[0], atol=20)


def test_the_file_says_what_it_is():
    with safe_open(ready_weights(), 'pt') as file:
        described = json.loads(file.metadata()['fer_yolo_mamba'])
    assert tuple(described['classes']) == EXPRESSIONS
    assert described['data']
    assert ready_weights().stat().st_size < 20e6
