"""The pictures of the report."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ..datasets.checks import SetStatistics
from .class_colours import class_colours

_CELLS = 20


def draw_classes(statistics: Sequence[SetStatistics]) -> Figure:
    """Bars of the faces of each class, an axis for each split."""
    figure, axes = _axes(statistics)
    for axis, item in zip(axes, statistics, strict=True):
        axis.bar(
            list(item.faces),
            list(item.faces.values()),
            color=class_colours(list(item.faces)),
        )
        axis.set(title=item.split, ylabel='faces')
        axis.tick_params(axis='x', rotation=45)
    return figure


def draw_sides(statistics: Sequence[SetStatistics]) -> Figure:
    """Histograms of the box sizes, an axis for each split."""
    figure, axes = _axes(statistics)
    for axis, item in zip(axes, statistics, strict=True):
        axis.hist(item.sides, bins=_CELLS, range=(0, 320))
        axis.set(
            title=item.split,
            xlabel='√area in pixels at 320×320',
            ylabel='faces',
        )
    return figure


def draw_centres(statistics: Sequence[SetStatistics]) -> Figure:
    """Where in the image the boxes lie, an axis for each split."""
    figure, axes = _axes(statistics)
    for axis, item in zip(axes, statistics, strict=True):
        x, y = item.centres.T
        axis.hist2d(x, y, bins=_CELLS, range=((0, 1), (0, 1)))
        axis.invert_yaxis()
        axis.set(
            title=item.split,
            xlabel='x / width',
            ylabel='y / height',
            aspect='equal',
        )
    return figure


def _axes(statistics: Sequence[SetStatistics]) -> tuple[Figure, np.ndarray]:
    count = len(statistics)
    figure = Figure(figsize=(4 * count, 3.4), layout='constrained')
    return figure, figure.subplots(1, count, squeeze=False)[0]
