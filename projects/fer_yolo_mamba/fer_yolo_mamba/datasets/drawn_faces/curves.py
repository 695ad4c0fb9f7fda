"""Curves as arrays of points, shape (N, 2), x to the right and y down."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

_STEPS = 8


@lru_cache
def _catmull_rom_basis(steps: int) -> np.ndarray:
    """Weights (steps, 4) of four neighbouring control points."""
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    powers = np.hstack([np.ones_like(t), t, t**2, t**3])
    weights = np.array(
        [[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]
    )
    return powers @ weights / 2


@lru_cache
def _circle(points: int) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def closed_curve(points) -> np.ndarray:
    """A smooth closed curve through `points` (Catmull-Rom)."""
    points = np.asarray(points, dtype=float)
    neighbours = np.stack(
        [np.roll(points, shift, axis=0) for shift in (1, 0, -1, -2)], axis=1
    )
    basis = _catmull_rom_basis(_STEPS)
    return np.einsum('sk,pkc->psc', basis, neighbours).reshape(-1, 2)


def open_curve(points) -> np.ndarray:
    """A smooth curve from the first of `points` to the last."""
    points = np.asarray(points, dtype=float)
    padded = np.vstack(
        [2 * points[0] - points[1], points, 2 * points[-1] - points[-2]]
    )
    count = len(points) - 1
    neighbours = np.stack([padded[k : k + count] for k in range(4)], axis=1)
    basis = _catmull_rom_basis(_STEPS)
    curve = np.einsum('sk,pkc->psc', basis, neighbours).reshape(-1, 2)
    return np.vstack([curve, points[-1]])


def ellipse(
    x: float, y: float, width: float, height: float, points: int = 36
) -> np.ndarray:
    """An ellipse around (x, y) with half axes `width` and `height`."""
    return _circle(points) * (width, height) + (x, y)


def moved(points: np.ndarray, x: float, y: float) -> np.ndarray:
    """The points, `x` further right and `y` further down."""
    return points + np.array([x, y])


def ribbon(points: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """The outline of a brush stroke along `points`, (N,) `widths` wide."""
    tangent = np.empty_like(points)
    tangent[1:-1] = points[2:] - points[:-2]
    tangent[[0, -1]] = points[[1, -1]] - points[[0, -2]]
    length = np.hypot(tangent[:, 0], tangent[:, 1]) + 1e-9
    offset = tangent[:, ::-1] * (-0.5, 0.5) * (widths / length)[:, None]
    return np.vstack([points + offset, (points - offset)[::-1]])
