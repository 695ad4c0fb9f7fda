"""Pictures and films that ``predict`` draws, and knows again by a mark.

Where they lie among the photographs, a pattern names them, too. The mark is in
the file, as the name tells nothing and people rename and move files.
"""

import os
from pathlib import Path

import cv2
import numpy as np

from ..files import write_atomically
from ..visualization import shrunk, write_image

_TEXT = b'drawn by fer-yolo-mamba predict'
# A comment of JPEG, which follows the two bytes that begin a file, and a box
# of MP4 at its end: readers of both pass over them.
_COMMENT = b'\xff\xfe' + (len(_TEXT) + 2).to_bytes(2, 'big') + _TEXT
_MOST_SIDE = 65_500  # of JPEG, in pixels
_BOX = (len(_TEXT) + 8).to_bytes(4, 'big') + b'free' + _TEXT


def write_drawing(path: Path, picture: np.ndarray) -> None:
    """Writes a picture (H, W, 3) uint8, BGR; only JPEG files are marked.

    What is too large for one is made smaller.

    Raises:
        InputError: As `write_image`.
    """
    if path.suffix.lower() not in ('.jpg', '.jpeg'):
        write_image(path, picture)
        return
    picture = shrunk(picture, _MOST_SIDE)
    code = cv2.imencode('.jpg', picture)[1].tobytes()
    write_atomically(path, code[:2] + _COMMENT + code[2:])


def mark_film(path: Path) -> None:
    """Marks an MP4 file that is whole."""
    with open(path, 'ab') as file:
        file.write(_BOX)


def is_drawing(path: str | os.PathLike) -> bool:
    """Whether a file has the mark; one that cannot be read has none."""
    if not os.path.isfile(path):  # a pipe would be waited for
        return False
    try:
        with open(path, 'rb') as file:
            if file.read(2 + len(_COMMENT))[2:] == _COMMENT:
                return True
            file.seek(-len(_BOX), os.SEEK_END)
            return file.read() == _BOX
    except OSError:  # also of one that is shorter
        return False
