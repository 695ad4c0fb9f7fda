"""Runs fer (PyPI) for peer.py, in the Python that it is installed in.

python fer_answers.py SETTINGS

SETTINGS are the arguments of its `FER`, a JSON object; what is said is
described in peer.py. It finds faces with OpenCV's cascade, which gives no
scores: all are 1.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path


def main() -> None:
    """Answers until the input ends."""
    # Libraries greet on the standard output, which is for results alone.
    output, sys.stdout = sys.stdout, sys.stderr

    def say(what: dict | list) -> None:
        print(json.dumps(what), file=output, flush=True)

    import cv2
    import numpy as np
    from fer import fer  # the package itself wants what only films need

    detector = fer.FER(**json.loads(sys.argv[1]))
    cascade = Path(cv2.data.haarcascades, 'haarcascade_frontalface_default.xml')
    network = Path(fer.__file__).with_name('data') / (
        'emotion_model_quantized.tflite'
    )
    name = (
        f'fer {version("fer")} with OpenCV {cv2.__version__}, TensorFlow '
        f'{fer.tf.__version__}'
    )
    say(dict(name=name, weights=[str(cascade), str(network)]))
    for line in sys.stdin:
        asked = json.loads(line)
        pixels = np.fromfile(asked['path'], np.uint8)
        image = pixels.reshape(asked['height'], asked['width'], 3)[..., ::-1]
        faces = detector.detect_emotions(np.ascontiguousarray(image))
        say([_face(*map(int, x['box']), x['emotions']) for x in faces])


def _face(x: int, y: int, width: int, height: int, expressions: dict) -> dict:
    bbox = [x, y, x + width, y + height]
    return dict(bbox=bbox, score=1.0, expressions=expressions)


if __name__ == '__main__':
    main()
