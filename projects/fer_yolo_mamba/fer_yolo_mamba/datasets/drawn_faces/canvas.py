"""Anti-aliased drawing in the coordinates of a head or of the picture.

A curve is an array of points, shape (N, 2), x to the right and y down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from .colours import Colour

_SHIFT = 4
# Catmull-Rom weights (8, 4) of four neighbouring control points.
_POWERS = [[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]
_BASIS = np.vander(np.arange(8) / 8, 4, increasing=True) @ _POWERS / 2


@dataclass(frozen=True)
class Canvas:
    """Draws on an image through a projection.

    Args:
        image: (H, W, 3) uint8, BGR, drawn on in place.
        project: maps points (N, 2) of the drawing to pixels of `image`, where
            a pixel's centre has integer coordinates.
        unit: pixels to one unit of the drawing; line widths follow it.
    """

    image: np.ndarray
    project: Callable[[np.ndarray], np.ndarray]
    unit: float

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
        region, corner = window(self.image, pixels, 2 * radius)
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
        region, corner = window(self.image, pixels, 2)
        inner = Canvas(
            region.copy(), lambda p: self.project(p) - corner, self.unit
        )
        yield inner
        if region.size:
            mask = np.zeros(region.shape[:2], np.uint8)
            _fill(mask, pixels - corner, (255,))
            cv2.copyTo(inner.image, mask, region)


def window(
    image: np.ndarray, pixels: np.ndarray, margin: float = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The part of an image with `pixels` and a margin, and its corner."""
    limit = image.shape[1::-1]
    low = np.clip(np.floor(pixels.min(axis=0) - margin), 0, limit)
    high = np.clip(np.ceil(pixels.max(axis=0) + margin + 1), 0, limit)
    (x1, y1), (x2, y2) = low.astype(int), high.astype(int)
    return image[y1:y2, x1:x2], low


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
    return np.einsum('sk,pkc->psc', _BASIS, neighbours).reshape(-1, 2)


def ellipse(
    x: float, y: float, width: float, height: float, points: int = 36
) -> np.ndarray:
    """An ellipse around (x, y) with half axes `width` and `height`."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return circle * (width, height) + (x, y)


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
