"""The worst mistakes of a test on one sheet."""

from collections.abc import Iterable

import cv2
import numpy as np

from ..evaluation import Mistake
from .contact_sheet import contact_sheet

_SIDE = 300
_CAPTION = 24
_COLUMNS = 6
# What is shown around a face, in widths of its box.
_MARGIN = 0.6
_RED = (0, 0, 220)
_INK = (0, 0, 0)
_PAPER = 255


def draw_mistakes(
    mistakes: Iterable[tuple[Mistake, str, np.ndarray]], title: str
) -> np.ndarray:
    """Draws each mistake's face with its surroundings, and a caption.

    Args:
        mistakes: At least one mistake with the name of its image and the
            image, (H, W, 3) uint8, BGR; taken one after the other, so that
            one image at a time need be in memory.
        title: A line above all.

    Returns:
        (H, W, 3) uint8, BGR.
    """
    tiles = [_tile(*mistake) for mistake in mistakes]
    sheet = contact_sheet(
        tiles, columns=min(_COLUMNS, len(tiles)), side=_SIDE + 2 * _CAPTION
    )
    head = np.full((2 * _CAPTION, sheet.shape[1], 3), _PAPER, np.uint8)
    _write(head, title, round(1.3 * _CAPTION), 0.6)
    return np.vstack([head, sheet])


def _tile(mistake: Mistake, name: str, image: np.ndarray) -> np.ndarray:
    side = _SIDE + 2 * _CAPTION
    tile = np.full((side, side, 3), _PAPER, np.uint8)
    picture = _cut_out(mistake, image)
    height, width = picture.shape[:2]
    left = (side - width) // 2
    tile[2 * _CAPTION : 2 * _CAPTION + height, left : left + width] = picture
    _write(tile, str(mistake), 18, 0.5)
    _write(tile, name, 38, 0.4)
    return tile


def _cut_out(mistake: Mistake, image: np.ndarray) -> np.ndarray:
    """The face and what is around it, at most _SIDE wide and high."""
    x1, y1, x2, y2 = mistake.bbox
    margin = _MARGIN * max(x2 - x1, y2 - y1, 1)
    height, width = image.shape[:2]
    left, right = _inside(x1 - margin, x2 + margin, width)
    top, bottom = _inside(y1 - margin, y2 + margin, height)
    part = image[top:bottom, left:right]
    scale = _SIDE / max(part.shape[:2])
    size = [max(round(scale * n), 1) for n in (right - left, bottom - top)]
    part = cv2.resize(part, size)
    corners = [
        tuple(round(scale * value) for value in corner)
        for corner in ((x1 - left, y1 - top), (x2 - left, y2 - top))
    ]
    return cv2.rectangle(part, *corners, _RED, 2, cv2.LINE_AA)


def _inside(begin: float, end: float, size: int) -> tuple[int, int]:
    """The part of a range that lies in an image, of one pixel at least."""
    first = int(np.clip(begin, 0, size - 1))
    return first, int(np.clip(np.ceil(end), first + 1, size))


def _write(canvas: np.ndarray, text: str, bottom: int, scale: float) -> None:
    cv2.putText(
        canvas,
        text,
        (6, bottom),
        cv2.FONT_HERSHEY_SIMPLEX,
        scale,
        _INK,
        1,
        cv2.LINE_AA,
    )
