"""The conversation with a peer, with another program in its place."""

import io
import json
import shutil
import sys
import types

import cv2
import numpy as np
import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.faces.peers import Peer, fer_answers, start_peer

# One face over the whole picture, as sure as the first pixel is red.
ANSWERS = """
import json, sys
print(json.dumps(dict(name='red 1.2.3', weights=['red.bin'])), flush=True)
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


def peer_of(program, settings=()):
    command = (sys.executable, '-c', program)
    return Peer(command, dict(settings), 'install red')


def test_faces_of_paths_and_arrays(tmp_path):
    image = np.zeros((20, 30, 3), np.uint8)
    image[..., 2] = 200
    path = tmp_path / 'red.png'
    cv2.imwrite(str(path), image)
    with peer_of(ANSWERS, dict(least=0.1)) as peer:
        assert peer.name == 'red 1.2.3, {"least": 0.1}'
        assert [file.name for file in peer.weights] == ['red.bin']
        of_path, of_array = peer([path, image[:10]])
    (face,) = of_path.faces
    assert face.bbox == (0, 0, 30, 20)
    assert (face.expression, face.score) == ('Surprise', pytest.approx(0.6))
    assert face.scores == pytest.approx(dict(Anger=0.2, Surprise=0.6))
    assert of_array.faces[0].bbox == (0, 0, 30, 10)


def test_it_is_not_installed():
    with pytest.raises(InputError, match='anew, run "install red"'):
        peer_of('raise SystemExit(1)')


def test_it_ends_too_soon():
    greets = 'print(\'{"name": "red", "weights": []}\')'
    with (
        pytest.raises(InputError, match='has ended'),
        peer_of(greets) as peer,
    ):
        assert peer.name == 'red, default settings'
        peer([np.zeros((2, 2, 3), np.uint8)])


def test_its_folder_is_missing(tmp_path):
    with pytest.raises(InputError, match=r'does not start .* run "python -m'):
        start_peer('fer', tmp_path)


def test_no_such_peer(tmp_path):
    with pytest.raises(InputError, match='name one of face-api, human, fer'):
        start_peer('nobody', tmp_path)


@pytest.mark.parametrize('name', ['face-api', 'human'])
@pytest.mark.skipif(not shutil.which('node'), reason='there is no Node')
def test_a_package_is_missing(name, tmp_path, capfd):
    with pytest.raises(InputError, match='npm install'):
        start_peer(name, tmp_path)
    assert 'Cannot find module' in capfd.readouterr().err


def test_what_fer_says(tmp_path, monkeypatch):
    class FER:
        def __init__(self, min_neighbors):
            self.score = min_neighbors / 10

        def detect_emotions(self, image):
            assert image[0, 0].tolist() == [3, 2, 1]
            emotions = dict(happy=self.score, sad=0.1)
            return [dict(box=np.array([1, 2, 30, 40]), emotions=emotions)]

    module = types.SimpleNamespace(
        FER=FER, __file__='fer.py', tf=types.SimpleNamespace(__version__='2')
    )
    monkeypatch.setitem(sys.modules, 'fer', types.SimpleNamespace(fer=module))
    data = types.SimpleNamespace(haarcascades='cascades')
    monkeypatch.setattr(cv2, 'data', data, raising=False)
    monkeypatch.setattr(fer_answers, 'version', lambda name: '25')
    picture = tmp_path / 'picture.rgb'
    picture.write_bytes(bytes([1, 2, 3] * 50 * 60))
    request = json.dumps(dict(path=str(picture), width=60, height=50))
    monkeypatch.setattr('sys.argv', ['', '{"min_neighbors": 5}'])
    monkeypatch.setattr('sys.stdin', io.StringIO(request + '\n'))
    with monkeypatch.context() as patched:
        patched.setattr('sys.stdout', output := io.StringIO())
        fer_answers.main()
    greeting, faces = map(json.loads, output.getvalue().splitlines())
    assert greeting['name'].startswith('fer 25 with OpenCV')
    assert faces == [
        dict(bbox=[1, 2, 31, 42], score=1, expressions=dict(happy=0.5, sad=0.1))
    ]
