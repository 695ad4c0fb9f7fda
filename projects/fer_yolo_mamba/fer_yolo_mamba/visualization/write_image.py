"""Writing a picture to a file."""

from pathlib import Path

import cv2
import numpy as np

from ..errors import InputError
from ..files import write_atomically


def write_image(path: str | Path, image: np.ndarray) -> None:
    """Writes a picture in the format that the suffix names.

    Args:
        path: The file; any characters, and folders that do not exist yet.
        image: (H, W, 3) uint8, BGR.

    Raises:
        InputError: OpenCV does not write this format.
    """
    path = Path(path)
    try:
        written, encoded = cv2.imencode(path.suffix, image)
    except cv2.error:
        written = False
    if not written:
        raise InputError(
            f'{path} cannot be written as "{path.suffix}": use .jpg or .png.'
        )
    write_atomically(path, encoded.tobytes())
