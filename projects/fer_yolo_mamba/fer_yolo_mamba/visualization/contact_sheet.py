"""Many pictures on one sheet."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

_PAPER = 255


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
