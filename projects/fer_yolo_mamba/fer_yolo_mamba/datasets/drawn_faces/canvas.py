"""Anti-aliased drawing in the coordinates of a head or of the picture.

A curve is an array of points, shape (N, 2), x to the right and y down. A
colour is written as `#rrggbb` and kept as (blue, green, red), 0 to 255.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import cv2
import numpy as np

Colour = tuple[float, float, float]

_SHIFT = 4


class Canvas:
    """Draws on an image through a projection.

    Args:
        image: (H, W, 3) uint8, BGR, drawn on in place.
        project: maps points (N, 2) of the drawing to pixels of `image`, where
            a pixel's centre has integer coordinates.
        unit: pixels to one unit of the drawing; line widths follow it.
    """

    def __init__(
        self,
        image: np.ndarray,
        project: Callable[[np.ndarray], np.ndarray],
        unit: float,
    ) -> None:
        self.image = image
        self.project = project
        self.unit = unit

    def fill(self, points: np.ndarray, colour: Colour) -> None:
        """Fills a polygon."""
        _fill(self.image, self.project(points), colour)

    def oval(
        self, x: float, y: float, width: float, height: float, colour: Colour
    ) -> None:
        """Fills an ellipse around (x, y) with these half axes."""
        self.fill(ellipse(x, y, width, height), colour)

    def stroke(
        self,
        points: np.ndarray,
        colour: Colour,
        width: float,
        taper: float = 0.7,
    ) -> None:
        """Draws a brush stroke, `taper` thinner at its ends than midway."""
        ends = np.abs(np.linspace(-1, 1, len(points))) ** 2
        widths = width * self.unit * (1 - taper * ends)
        _fill(self.image, _ribbon(self.project(points), widths), colour)

    def glow(
        self,
        points: np.ndarray,
        colour: Colour,
        opacity: float,
        softness: float,
    ) -> None:
        """Blends a polygon with blurred edges, `softness` units wide."""
        radius = softness * self.unit
        pixels = self.project(points)
        region, corner = self._window(pixels, 2 * radius)
        if region.size == 0:
            return
        # A blurred mask holds no detail, so it is drawn small and enlarged.
        step = max(1.0, radius / 2)
        rows, columns = region.shape[:2]
        small = (int(rows / step) + 1, int(columns / step) + 1)
        mask = np.zeros(small, np.uint8)
        scale = (small[1] / columns, small[0] / rows)
        _fill(mask, (pixels - corner) * scale, (255,))
        mask = cv2.GaussianBlur(mask, (0, 0), radius / step / 1.5)
        mask = cv2.resize(mask, (columns, rows))
        weight = mask * np.float32(opacity / 255)
        flat = np.full_like(region, np.round(colour))
        region[:] = cv2.blendLinear(flat, region.copy(), weight, 1 - weight)

    @contextmanager
    def clip(self, points: np.ndarray) -> Iterator[Canvas]:
        """Gives a canvas whose drawing stays inside a polygon."""
        pixels = self.project(points)
        region, corner = self._window(pixels, 2)
        inner = Canvas(
            region.copy(), lambda p: self.project(p) - corner, self.unit
        )
        yield inner
        if region.size:
            mask = np.zeros(region.shape[:2], np.uint8)
            _fill(mask, pixels - corner, (255,))
            cv2.copyTo(inner.image, mask, region)

    def _window(
        self, pixels: np.ndarray, margin: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The part of the image with `pixels` and a margin, and its corner."""
        limit = self.image.shape[1::-1]
        low = np.clip(np.floor(pixels.min(axis=0) - margin), 0, limit)
        high = np.clip(np.ceil(pixels.max(axis=0) + margin + 1), 0, limit)
        (x1, y1), (x2, y2) = low.astype(int), high.astype(int)
        return self.image[y1:y2, x1:x2], low


def _fill(image: np.ndarray, pixels: np.ndarray, colour: tuple) -> None:
    if image.size:
        fixed = np.rint(pixels * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(image, [fixed], colour, cv2.LINE_AA, _SHIFT)


def _ribbon(points: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """The outline of a brush stroke along `points`, (N,) `widths` wide."""
    padded = np.vstack([points[:1], points, points[-1:]])
    tangent = padded[2:] - padded[:-2]
    length = np.hypot(tangent[:, 0], tangent[:, 1]) + 1e-9
    offset = tangent[:, ::-1] * (-0.5, 0.5) * (widths / length)[:, None]
    return np.vstack([points + offset, (points - offset)[::-1]])


def closed_curve(points) -> np.ndarray:
    """A smooth closed curve through `points` (Catmull-Rom)."""
    points = np.asarray(points, dtype=float)
    return _smooth(points[np.arange(-1, len(points) + 2) % len(points)])


def open_curve(points) -> np.ndarray:
    """A smooth curve from the first of `points` to the last."""
    points = np.asarray(points, dtype=float)
    before, after = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    return np.vstack([_smooth(np.vstack([before, points, after])), points[-1]])


def _smooth(points: np.ndarray) -> np.ndarray:
    """Eight points for each step between all but the first and last two."""
    count = len(points) - 3
    neighbours = np.stack([points[k : k + count] for k in range(4)], axis=1)
    return np.einsum('sk,pkc->psc', _basis(), neighbours).reshape(-1, 2)


@cache
def _basis(steps: int = 8) -> np.ndarray:
    """Catmull-Rom weights (steps, 4) of four neighbouring control points."""
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    weights = [[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]
    return np.hstack([t**0, t, t**2, t**3]) @ np.array(weights) / 2


def ellipse(
    x: float, y: float, width: float, height: float, points: int = 36
) -> np.ndarray:
    """An ellipse around (x, y) with half axes `width` and `height`."""
    return _circle(points) * (width, height) + (x, y)


@cache
def _circle(points: int) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def lowered(points: np.ndarray, by: float | np.ndarray) -> np.ndarray:
    """The points moved down, all as far or each by one of (N,) lengths."""
    return np.stack([points[:, 0], points[:, 1] + by], axis=1)


def mirrored(points) -> np.ndarray:
    """The other half of a symmetric outline, run through backwards."""
    return np.asarray(points)[::-1] * (-1, 1)


def both_sides(points) -> Iterator[np.ndarray]:
    """A curve of the right half: first its mirror image, then itself."""
    for side in (-1, 1):
        yield np.asarray(points) * (side, 1)


def colour(code: str) -> Colour:
    """`'#ff8000'` -> (0, 128, 255)."""
    red, green, blue = bytes.fromhex(code.removeprefix('#'))
    return blue, green, red


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with a `share` (0 to 1) of `second`."""
    return tuple(
        (1 - share) * a + share * b for a, b in zip(first, second, strict=True)
    )


def palette(codes: str) -> tuple[Colour, ...]:
    """Several colours, in words."""
    return tuple(map(colour, codes.split()))


BLACK, WHITE = palette('#1a1416 #fbf8f4')
SKIN = palette('#fde3d2 #f6cfb0 #e8b992 #d3a077 #b3825d #8d6046 #6a4736')
HAIR = palette(
    '#231b1d #3d2a24 #5c3a27 #8a5530 #b9803f #e0b565 #a8452a #9a9a9e #dcd9d5'
)
HAIR_ON_DARK_SKIN = (*HAIR[:3], *HAIR[-2:])
IRIS = palette('#4a2e1f #6b4426 #3f6f57 #3b6a94 #5d6a70')
CLOTH = palette(
    '#d6453d #e88d2e #e7c14a #4f9d69 #2f7f8f #3c5a99 '
    '#6c4f8c #b9567f #39404d #8b8f96 #e9e4da #7a5a43'
)
GOLD, LIP, BLUSH = palette('#f0c85a #b3383f #e2574f')
MOUTH, TONGUE, TEETH = palette('#54161d #d2616a #f7f3ea')
