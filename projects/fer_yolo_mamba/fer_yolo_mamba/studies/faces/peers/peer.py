"""A conversation with a detector that runs in a process of its own."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ....datasets.images import read_image
from ....errors import InputError
from ....expressions import canonical_expression
from ....faces import Face


class FacesOfPeer(NamedTuple):
    """What a peer sees in a picture."""

    faces: Sequence[Face]


class Peer(AbstractContextManager):
    """Another's detector, in Node or in another Python; a `Detector`.

    It talks in lines of JSON. The first line of its output says what it is:
    `name`, with versions, and `weights`, the files of its networks. Each line
    of its input is a picture, `path`, `width`, `height` of a file of RGB
    bytes, and is answered by a line with a list of faces: `bbox`, x1, y1, x2,
    y2 in pixels, `score`, and `expressions`, the probability of each. The
    score of an expression is that of the face times its probability.

    Args:
        command: Starts it; the settings follow as one argument of JSON.
        settings: Those that are not its default.
        install: How to install it, for the errors.

    Attributes:
        name: With its version and settings.
        weights: Files of its networks.

    Raises:
        InputError: It does not start.
    """

    def __init__(
        self, command: Sequence[str], settings: Mapping, install: str
    ) -> None:
        self._install = install
        self._scratch = tempfile.TemporaryDirectory()
        self._pixels = Path(self._scratch.name) / 'picture.rgb'
        try:
            self._process = subprocess.Popen(
                [*command, json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            self._scratch.cleanup()
            raise InputError(
                f'{command[0]} does not start ({error.strerror}): install '
                f'Node 18 or newer for a peer from npm, and run "{install}".'
            ) from error
        try:
            greeting = self._hear()
        except InputError:
            self.close()
            raise
        said = json.dumps(settings) if settings else 'default settings'
        self.name = f'{greeting["name"]}, {said}'
        self.weights = [Path(path) for path in greeting['weights']]

    def __call__(
        self, images: Sequence[str | os.PathLike | np.ndarray]
    ) -> list[FacesOfPeer]:
        """Shows it pictures, as `Detector` says."""
        return [self._ask(image) for image in images]

    def close(self) -> None:
        """Ends it."""
        with suppress(BrokenPipeError):  # it has ended with words unheard
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._scratch.cleanup()

    def __exit__(self, *error: object) -> None:
        self.close()

    def _ask(self, image: str | os.PathLike | np.ndarray) -> FacesOfPeer:
        if not isinstance(image, np.ndarray):
            image = read_image(image)
        self._pixels.write_bytes(image[..., ::-1].tobytes())
        height, width = image.shape[:2]
        request = dict(path=str(self._pixels), width=width, height=height)
        try:
            self._process.stdin.write(json.dumps(request) + '\n')
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # then there is no answer either
        return FacesOfPeer([_face(seen) for seen in self._hear()])

    def _hear(self) -> list | dict:
        line = self._process.stdout.readline()
        if not line:
            raise InputError(
                'the peer has ended; its last words are above. To install it '
                f'anew, run "{self._install}".'
            )
        return json.loads(line)


def _face(seen: dict) -> Face:
    scores = {
        canonical_expression(name): seen['score'] * probability
        for name, probability in seen['expressions'].items()
    }
    expression = max(scores, key=scores.get)
    return Face(tuple(seen['bbox']), expression, scores[expression], scores)
