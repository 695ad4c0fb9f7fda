"""face-api's side of the conversation, with another program in its place."""

import sys

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.faces.peers import FaceAPI

# One face over the whole picture, as sure as the first pixel is red.
ANSWERS = """
import json, sys
print('starts', *sys.argv[1:], file=sys.stderr)
for line in sys.stdin:
    request = json.loads(line)
    with open(request['path'], 'rb') as file:
        red = file.read()[0]
    face = dict(
        bbox=[0, 0, request['width'], request['height']],
        score=red / 250,
        expressions=dict(angry=0.25, surprised=0.75),
    )
    print(json.dumps([face]), flush=True)
"""


@pytest.fixture
def installed(tmp_path):
    """A folder in which npm might have installed face-api."""
    package = tmp_path / 'node_modules/@vladmandic/face-api'
    package.mkdir(parents=True)
    (package / 'package.json').write_text('{"version": "1.2.3"}')
    return tmp_path


def python(program):
    return (sys.executable, '-c', program)


def test_faces_of_paths_and_arrays(installed):
    image = np.zeros((20, 30, 3), np.uint8)
    image[..., 2] = 200
    path = installed / 'red.png'
    cv2.imwrite(str(path), image)
    with FaceAPI(installed, command=python(ANSWERS)) as peer:
        assert peer.name == 'face-api 1.2.3'
        assert [file.parent.name for file in peer.weights] == ['model'] * 3
        of_path, of_array = peer([path, image[:10]])
    (face,) = of_path.faces
    assert face.bbox == (0, 0, 30, 20)
    assert (face.expression, face.score) == ('Surprise', pytest.approx(0.6))
    assert face.scores == pytest.approx(dict(Anger=0.2, Surprise=0.6))
    assert of_array.faces[0].bbox == (0, 0, 30, 10)


def test_it_is_not_installed(tmp_path):
    with pytest.raises(InputError, match='npm install --prefix'):
        FaceAPI(tmp_path)


def test_node_is_not_installed(installed):
    with pytest.raises(InputError, match='install Node'):
        FaceAPI(installed, command=['no-such-program'])


def test_it_ends_too_soon(installed):
    with (
        pytest.raises(InputError, match='has ended'),
        FaceAPI(installed, command=python('pass')) as peer,
    ):
        peer([np.zeros((2, 2, 3), np.uint8)])
