"""Anti-aliased drawing in the coordinates of a head or of the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from .colours import Colour
from .curves import ribbon

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
        _fill(self.image, ribbon(self.project(points), widths), colour)

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
        window = _window(pixels, self.image.shape, 2 * radius)
        region = self.image[window]
        if region.size == 0:
            return
        # A blurred mask holds no detail, so it is drawn small and enlarged.
        step = max(1.0, radius / 2)
        rows, columns = region.shape[:2]
        small = (int(rows / step) + 1, int(columns / step) + 1)
        mask = np.zeros(small, np.uint8)
        corner = (window[1].start, window[0].start)
        scale = (small[1] / columns, small[0] / rows)
        _fill(mask, (pixels - corner) * scale, (255,))
        mask = cv2.GaussianBlur(mask, (0, 0), radius / step / 1.5)
        mask = cv2.resize(mask, (columns, rows))
        weight = mask * np.float32(opacity / 255)
        flat = np.empty_like(region)
        flat[:] = np.round(colour)
        region[:] = cv2.blendLinear(flat, region.copy(), weight, 1 - weight)

    @contextmanager
    def clip(self, points: np.ndarray) -> Iterator[Canvas]:
        """Gives a canvas whose drawing stays inside a polygon."""
        pixels = self.project(points)
        window = _window(pixels, self.image.shape, 2)
        region = self.image[window]
        corner = (window[1].start, window[0].start)
        inner = Canvas(
            region.copy(), lambda p: self.project(p) - corner, self.unit
        )
        yield inner
        if region.size:
            mask = np.zeros(region.shape[:2], np.uint8)
            _fill(mask, pixels - corner, (255,))
            cv2.copyTo(inner.image, mask, region)


def _fill(image: np.ndarray, pixels: np.ndarray, colour: tuple) -> None:
    if image.size:
        fixed = np.rint(pixels * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(image, [fixed], colour, cv2.LINE_AA, _SHIFT)


def _window(
    pixels: np.ndarray, shape: tuple[int, ...], margin: float
) -> tuple[slice, slice]:
    """The rows and columns of the image that hold `pixels` and a margin."""
    limit = (shape[1], shape[0])
    low = np.clip(np.floor(pixels.min(axis=0) - margin), 0, limit)
    high = np.clip(np.ceil(pixels.max(axis=0) + margin + 1), 0, limit)
    (x1, y1), (x2, y2) = low.astype(int), high.astype(int)
    return slice(int(y1), int(y2)), slice(int(x1), int(x2))
