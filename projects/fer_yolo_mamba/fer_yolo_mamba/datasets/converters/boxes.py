"""Boxes while they are converted: (x1, y1, x2, y2), 0-based outer edges."""

import math
from collections.abc import Sequence

Box = tuple[float, float, float, float]

#: The box of a face that fills its image, of whatever size that is.
WHOLE_IMAGE: Box = (0.0, 0.0, math.inf, math.inf)

# Pixels that a box may leave its image by without being worth a mention:
# normalised formats lose less.
_ROUNDING = 1e-6


def parse_numbers(
    texts: Sequence[str | float], count: int
) -> tuple[float, ...] | None:
    """Reads finite numbers.

    Args:
        texts: One number each.
        count: How many there should be.

    Returns:
        The numbers, or None where one is missing, superfluous or none.
    """
    try:
        numbers = tuple(float(text) for text in texts)
    except (TypeError, ValueError):
        return None
    whole = len(numbers) == count and all(map(math.isfinite, numbers))
    return numbers if whole else None


def clip_box(box: Box, width: int, height: int) -> tuple[Box | None, bool]:
    """Cuts off what leaves the image.

    Args:
        box: The box; infinite edges stand for the edge of the image.
        width: Image width in pixels.
        height: Image height in pixels.

    Returns:
        The box inside the image, None where nothing of it has an area, and
        whether more than rounding was cut off.
    """
    x1, y1, x2, y2 = box
    inside = (max(x1, 0), max(y1, 0), min(x2, width), min(y2, height))
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        return None, True
    cut = any(
        math.isfinite(before) and abs(after - before) > _ROUNDING
        for before, after in zip(box, inside, strict=True)
    )
    return inside, cut
