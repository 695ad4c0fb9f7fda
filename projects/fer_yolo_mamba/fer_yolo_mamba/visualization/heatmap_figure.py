"""Heatmaps over photographs, below their detections: Figs. 4 and 5."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from ..faces import Face
from .pictures import draw_faces, shrunk
from .plots import verbatim

_COLOURS = 'turbo'
_OPACITY = 0.55
_COLUMNS = 6
# Of a picture, the title above it and the bar of colours, in inches.
_WIDTH, _TITLE, _BAR = 3.2, 0.4, 1.0
# A picture is not drawn narrower or flatter than this, height by width.
_FLATTEST, _NARROWEST = 0.3, 2.0
# Longest side of what is kept of a photograph, in pixels.
_SHOWN = 800


@dataclass(frozen=True, eq=False)
class Heatmap:
    """What a network looks at in a photograph.

    Attributes:
        panels: By title, (h, w) float32 in [0, 1]. However many pixels it
            has, a map covers the whole photograph.
        legend: What the values are.
        faces: The detections.
    """

    panels: Mapping[str, np.ndarray]
    legend: str
    faces: tuple[Face, ...]

    def plot(self, title: str, image: np.ndarray) -> Figure:
        """Draws it alone, as :func:`draw_heatmaps` draws several."""
        return draw_heatmaps([(title, image, self)])


def draw_heatmaps(
    explained: Iterable[tuple[str, np.ndarray, Heatmap]],
) -> Figure:
    """Draws detections above and heatmaps below, a column a photograph.

    A heatmap of several panels takes as many columns as it needs: the first
    half of the panels stands beside the detections, the others below.

    Args:
        explained: A title, the photograph, (H, W, 3) uint8, BGR, and its
            heatmap for each of at least one photograph; they are taken one
            after the other, so that one at a time need be in memory. All
            heatmaps are of one method.

    Returns:
        A figure of at most six columns, or of those of one photograph.
    """
    columns: list[tuple] = []
    for title, image, heatmap in explained:
        small = shrunk(image, _SHOWN)
        drawn = draw_faces(image, heatmap.faces)
        tiles = [(title, shrunk(drawn, _SHOWN), None)]
        tiles += [(name, small, x) for name, x in heatmap.panels.items()]
        half = math.ceil(len(tiles) / 2)
        below = tiles[half:] + [None] * (2 * half - len(tiles))
        columns += zip(tiles[:half], below, strict=True)
    count = min(len(columns), max(_COLUMNS // half * half, half))
    bands = [columns[i : i + count] for i in range(0, len(columns), count)]
    height = _WIDTH * max(_aspect(top) for top, _ in columns) + _TITLE
    figure = Figure(
        figsize=(_WIDTH * count, 2 * len(bands) * height + _BAR),
        layout='constrained',
    )
    axes = figure.subplots(2 * len(bands), count, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for band, rows in zip(bands, axes.reshape(-1, 2, count), strict=True):
        for column, pair in zip(band, rows.T, strict=False):
            for tile, axis in zip(column, pair, strict=True):
                if tile:
                    _show(axis, *tile)
    bar = figure.colorbar(
        ScalarMappable(cmap=_COLOURS),
        ax=axes,
        location='bottom',
        shrink=max(1 / count, 0.4),
        aspect=30,
    )
    bar.set_label(heatmap.legend, fontsize=9)
    return figure


def _show(
    axis: Axes, title: str, image: np.ndarray, values: np.ndarray | None
) -> None:
    height, width = image.shape[:2]
    extent = 0, width, height, 0
    axis.imshow(image[..., ::-1], extent=extent)
    axis.set_title(verbatim(title), fontsize=10)
    if values is not None:
        axis.imshow(
            values,
            cmap=_COLOURS,
            alpha=_OPACITY,
            vmin=0,
            vmax=1,
            extent=extent,
            interpolation='nearest',
        )


def _aspect(tile: tuple[str, np.ndarray, np.ndarray | None]) -> float:
    height, width = tile[1].shape[:2]
    return min(max(height / width, _FLATTEST), _NARROWEST)
