"""Other people's detectors of faces and expressions, for the same figures."""

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np

from ...datasets.images import read_image
from ...errors import InputError
from ...expressions import canonical_expression
from ...faces import Face

_SCRIPT = Path(__file__).with_name('face_api.cjs')
_PACKAGE = Path('node_modules/@vladmandic/face-api')
_REMEDY = (
    'run "npm install --prefix {} @vladmandic/face-api @tensorflow/tfjs '
    '@tensorflow/tfjs-backend-wasm".'
)


class FacesOfPeer(NamedTuple):
    """What a peer sees in a picture."""

    faces: Sequence[Face]


class FaceAPI:
    """face-api with its SSD detector, landmarks and expressions, in Node.

    >>> with FaceAPI('outputs/peers') as detector:
    ...     look_at(detector, pictures)

    The score of an expression is that of the face times its probability.

    Args:
        folder: Where npm has installed the package.
        min_confidence: Least score of a face; face-api's default is 0.5.
            Average precision wants less.
        command: Starts Node.

    Raises:
        InputError: The package, or Node, is not there.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        min_confidence: float = 0.5,
        command: Sequence[str] = ('node',),
    ) -> None:
        self.package = Path(folder).absolute() / _PACKAGE
        if not self.package.is_dir():
            raise InputError(
                f'{folder} has no face-api: {_REMEDY.format(folder)}'
            )
        self._scratch = tempfile.TemporaryDirectory()
        self._pixels = Path(self._scratch.name) / 'picture.rgb'
        arguments = [_SCRIPT, Path(folder).absolute(), str(min_confidence)]
        try:
            self._process = subprocess.Popen(
                [*command, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            self._scratch.cleanup()
            raise InputError(
                f'{command[0]} does not start ({error.strerror}): install '
                'Node 18 or newer.'
            ) from error

    @property
    def name(self) -> str:
        """With its version."""
        text = (self.package / 'package.json').read_text(encoding='utf-8')
        return f'face-api {json.loads(text)["version"]}'

    @property
    def weights(self) -> list[Path]:
        """The files of its networks' weights that are used."""
        return [
            self.package / 'model' / f'{name}_model.bin'
            for name in (
                'ssd_mobilenetv1',
                'face_landmark_68',
                'face_expression',
            )
        ]

    def __call__(
        self, images: Sequence[str | os.PathLike | np.ndarray]
    ) -> list[FacesOfPeer]:
        """Shows it pictures, as `Detector` says."""
        return [self._ask(image) for image in images]

    def close(self) -> None:
        """Ends Node."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._scratch.cleanup()

    def __enter__(self) -> 'FaceAPI':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, image: str | os.PathLike | np.ndarray) -> FacesOfPeer:
        if not isinstance(image, np.ndarray):
            image = read_image(image)
        self._pixels.write_bytes(image[..., ::-1].tobytes())
        height, width = image.shape[:2]
        request = dict(path=str(self._pixels), width=width, height=height)
        answer = ''
        try:
            self._process.stdin.write(json.dumps(request) + '\n')
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            pass  # as when it answers nothing
        if not answer:
            raise InputError(
                'face-api has ended; its last words are above. To install it '
                f'anew, {_REMEDY.format(self.package.parents[2])}'
            )
        return FacesOfPeer([_face(seen) for seen in json.loads(answer)])


def _face(seen: dict) -> Face:
    scores = {
        canonical_expression(name): seen['score'] * probability
        for name, probability in seen['expressions'].items()
    }
    expression = max(scores, key=scores.get)
    return Face(tuple(seen['bbox']), expression, scores[expression], scores)
