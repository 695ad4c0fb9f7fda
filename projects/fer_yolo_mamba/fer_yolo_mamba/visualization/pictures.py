"""Photographs with faces drawn on them, sheets of many, and their files."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..datasets.images import to_bgr
from ..errors import InputError
from ..expressions import COLOURS
from ..faces import Face
from ..files import write_atomically

if TYPE_CHECKING:
    from ..evaluation import Mistake

_Point = tuple[int, int]
_Colour = tuple[int, int, int]

_OTHER = (255, 255, 255)
_PAPER = 255
_INK = (0, 0, 0)

# A sheet of mistakes: sides in pixels, and what is shown around a face in
# widths of its box.
_SIDE = 300
_CAPTION = 24
_COLUMNS = 6
_MARGIN = 0.6
_RED = (0, 0, 220)


def draw_faces(image: np.ndarray, faces: Iterable[Face]) -> np.ndarray:
    """Draws boxes with the expression and, if there are any, track and score.

    Args:
        image: As `to_bgr` takes it, such as (H, W, 3) uint8, BGR.
        faces: Those of the image.

    Returns:
        A new image (H, W, 3) uint8, BGR.
    """
    canvas = to_bgr(image).copy()
    thickness = max(round(min(canvas.shape[:2]) / 250), 1)
    # No box crosses a label, and the labels of small faces are above others.
    by_size = sorted(faces, key=_area, reverse=True)
    for face in by_size:
        x1, y1, x2, y2 = (round(value) for value in face.bbox)
        colour = _colour(face)[::-1]
        cv2.rectangle(
            canvas, (x1, y1), (x2, y2), colour, thickness, cv2.LINE_AA
        )
    for face in by_size:
        corner = round(face.bbox[0]), round(face.bbox[1])
        text = face.expression
        if face.track is not None:
            text = f'#{face.track} {text}'
        if face.score is not None:
            text += f' {face.score:.2f}'
        _label(canvas, text, corner, _colour(face), thickness)
    return canvas


def contact_sheet(
    images: Sequence[np.ndarray],
    columns: int | None = None,
    side: int = 320,
    gap: int = 8,
) -> np.ndarray:
    """Lays pictures out in rows, each scaled to fit a square.

    Args:
        images: At least one picture (H, W, 3) uint8, of any size.
        columns: Pictures in a row; as square a sheet as can be by default.
        side: Side of the squares in pixels.
        gap: White space around the squares in pixels.

    Returns:
        (rows * (side + gap) + gap, columns * (side + gap) + gap, 3) uint8.
    """
    columns = columns or math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    step = side + gap
    sheet = np.full(
        (rows * step + gap, columns * step + gap, 3), _PAPER, np.uint8
    )
    for index, image in enumerate(images):
        scale = side / max(image.shape[:2])
        height, width = (max(round(s * scale), 1) for s in image.shape[:2])
        small = cv2.resize(
            image,
            (width, height),
            interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
        )
        row, column = divmod(index, columns)
        top = gap + row * step + (side - height) // 2
        left = gap + column * step + (side - width) // 2
        sheet[top : top + height, left : left + width] = small
    return sheet


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """A picture (H, W, 3) uint8 whose longer side has at most `side` pixels.

    >>> shrunk(np.zeros((600, 800, 3), np.uint8), 400).shape
    (300, 400, 3)
    """
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    height, width = (max(round(n * scale), 1) for n in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def draw_mistakes(
    mistakes: Iterable[tuple['Mistake', str, np.ndarray]], title: str
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
    _write(head, title, (6, round(1.3 * _CAPTION)), 0.6)
    return np.vstack([head, sheet])


def write_image(path: str | Path, image: np.ndarray) -> None:
    """Writes a picture in the format that the suffix names.

    Args:
        path: The file; any characters, and folders that do not exist yet.
        image: (H, W, 3) uint8, BGR.

    Raises:
        InputError: OpenCV does not write this format, or not so large.
    """
    path = Path(path)
    try:
        written, encoded = cv2.imencode(path.suffix, image)
    except cv2.error:
        written = False
    if not written:
        raise InputError(
            f'{path} cannot be written as "{path.suffix}": use .png, or .jpg '
            'for sides of at most 65500 pixels.'
        )
    write_atomically(path, encoded.tobytes())


def _colour(face: Face) -> _Colour:
    return COLOURS.get(face.expression, _OTHER)


def _area(face: Face) -> float:
    x1, y1, x2, y2 = face.bbox
    return (x2 - x1) * (y2 - y1)


def _label(
    canvas: np.ndarray, text: str, corner: _Point, rgb: _Colour, thickness: int
) -> None:
    """Writes on a box of the colour at the upper left corner of a face's."""
    x1, y1 = corner
    height, width = canvas.shape[:2]
    scale = max(min(height, width) / 900, 0.4)
    (text_width, text_height), _ = cv2.getTextSize(
        text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness
    )
    margin = max(text_height // 3, 2)
    right, down = text_width + 2 * margin, text_height + 2 * margin
    left = min(max(x1, 0), max(width - right, 0))
    # Above the box where there is room, else inside at its top.
    bottom = y1 if y1 > down else max(y1, 0) + down
    cv2.rectangle(
        canvas, (left, bottom - down), (left + right, bottom), rgb[::-1], -1
    )
    # Black or white, whichever the eye tells better from the colour.
    is_bright = np.dot(rgb, (0.299, 0.587, 0.114)) > 110
    ink = _INK if is_bright else (255, 255, 255)
    corner = left + margin, bottom - margin
    _write(canvas, text, corner, scale, thickness, ink)


def _tile(mistake: 'Mistake', name: str, image: np.ndarray) -> np.ndarray:
    side = _SIDE + 2 * _CAPTION
    tile = np.full((side, side, 3), _PAPER, np.uint8)
    picture = _cut_out(mistake, image)
    height, width = picture.shape[:2]
    left = (side - width) // 2
    tile[2 * _CAPTION : 2 * _CAPTION + height, left : left + width] = picture
    _write(tile, str(mistake), (6, 18), 0.5)
    _write(tile, name, (6, 38), 0.4)
    return tile


def _cut_out(mistake: 'Mistake', image: np.ndarray) -> np.ndarray:
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


def _write(
    canvas: np.ndarray,
    text: str,
    corner: _Point,
    scale: float,
    thickness: int = 1,
    ink: _Colour = _INK,
) -> None:
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(canvas, text, corner, font, scale, ink, thickness, cv2.LINE_AA)
