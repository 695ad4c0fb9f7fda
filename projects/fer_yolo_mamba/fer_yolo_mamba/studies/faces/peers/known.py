"""Which peers there are, how they are installed, started and set."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ....errors import InputError
from .peer import Peer

_HERE = Path(__file__).parent


class KnownPeer(NamedTuple):
    """A peer that can be installed; `{0}` stands for its folder.

    Attributes:
        program: Starts the program beside this file that runs it.
        install: The command that installs it.
        every_face: Settings with which it tells all that it can find, as
            average precision wants it.
    """

    program: Sequence[str]
    install: str
    every_face: Mapping


_NPM = (
    'npm install --prefix {0} @vladmandic/%s @tensorflow/tfjs '
    '@tensorflow/tfjs-backend-wasm'
)

#: By the name that they are asked for.
KNOWN_PEERS = {
    'face-api': KnownPeer(
        program=('node', str(_HERE / 'face_api.cjs'), '{0}'),
        install=_NPM % 'face-api',
        every_face=dict(minConfidence=0.05),
    ),
    'human': KnownPeer(
        program=('node', str(_HERE / 'human.cjs'), '{0}'),
        install=_NPM % 'human',
        every_face=dict(
            detector=dict(minConfidence=0.05, maxDetected=100),
            emotion=dict(minConfidence=0),
            outline=True,
        ),
    ),
    # OpenCV 5 comes without the cascade that fer finds faces with. Without
    # its dependencies fer needs no PyTorch, which only its other finder wants.
    'fer': KnownPeer(
        program=('{0}/bin/python', str(_HERE / 'fer_answers.py')),
        install=(
            'python -m venv {0} && {0}/bin/pip install --no-deps fer && '
            "{0}/bin/pip install tensorflow-cpu 'setuptools<81' "
            "'opencv-contrib-python-headless<5' requests pillow"
        ),
        every_face=dict(min_neighbors=1, min_face_size=16),
    ),
}


def start_peer(
    name: str, folder: str | os.PathLike, *, every_face: bool = False
) -> Peer:
    """Starts a peer that is installed in a folder.

    >>> with start_peer('face-api', 'outputs/peers') as detector:
    ...     look_at(detector, pictures)

    Args:
        name: One of `KNOWN_PEERS`.
        folder: Where its `install` put it.
        every_face: Whether it tells all that it can find, instead of what it
            shows with its default settings.

    Raises:
        InputError: There is no such peer, or it does not start.
    """
    if name not in KNOWN_PEERS:
        raise InputError(
            f'no peer is known as {name}: name one of {", ".join(KNOWN_PEERS)}.'
        )
    known = KNOWN_PEERS[name]
    folder = os.path.abspath(folder)
    return Peer(
        [part.format(folder) for part in known.program],
        known.every_face if every_face else {},
        install=known.install.format(folder),
    )
