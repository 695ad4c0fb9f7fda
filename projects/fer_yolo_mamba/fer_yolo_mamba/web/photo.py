"""What the page does with a photograph, whatever shows it."""

import copy
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..apis import FERDetector, FERResult
from ..errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Of JPEG, as which the page shows pictures.
_MOST_SIDE = 65_500


def find_faces(
    detector: FERDetector,
    picture: bytes | np.ndarray | Image.Image,
    score_thr: float,
    min_face: float,
) -> FERResult:
    """Finds the faces of one picture, of an animation those of its first.

    Args:
        detector: Of which all but the two limits is taken.
        picture: What an image file holds, (H, W, 3) uint8, BGR, or one of
            Pillow.
        score_thr: Least score of a face, in [0, 1].
        min_face: Least width and height of a face, in pixels.

    Returns:
        The result, with its picture.

    Raises:
        InputError: It is no picture, or a damaged or too large one.
    """
    result = next(limited(detector, score_thr, min_face)(picture))
    if max(result.width, result.height) > _MOST_SIDE:
        raise InputError(
            f'the picture is {result.width}x{result.height} pixels, and the '
            f'page shows sides of at most {_MOST_SIDE}: make it smaller.'
        )
    return result


def explain_face(
    detector: FERDetector,
    result: FERResult,
    face: int | None,
    method: str,
    score_thr: float,
    min_face: float,
) -> 'Figure':
    """Draws what the network looks at, beside what it found.

    Args:
        detector: That of the result.
        result: What :func:`find_faces` returned.
        face: Number of the face from 0; None for all of them.
        method: Name of a :class:`~fer_yolo_mamba.apis.heatmaps.HeatmapMethod`.
        score_thr: As :func:`find_faces` was given.
        min_face: Likewise.

    Raises:
        InputError: The detector's weights let nothing be seen inside.
    """
    chosen = None if face is None else result.faces[face]
    # It finds the faces again.
    detector = limited(detector, score_thr, min_face)
    heatmap = detector.heatmap(result.image, chosen, method)
    return heatmap.plot('faces', result.image)


def limited(
    detector: FERDetector, score_thr: float, min_face: float
) -> FERDetector:
    """The same network with other limits; people may ask at a time."""
    limited = copy.copy(detector)
    limited.score_thr, limited.min_face = score_thr, min_face
    return limited
