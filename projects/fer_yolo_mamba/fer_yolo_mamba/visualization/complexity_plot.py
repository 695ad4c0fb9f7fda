"""Parameters against operations of several networks (paper, Fig. 3)."""

import itertools
from collections.abc import Mapping

from matplotlib.figure import Figure

# (parameters, FLOPs) that Section IV-D gives in numbers.
_PUBLISHED = {
    'FER-YOLO-Mamba (paper)': (8.68e6, 6.89e9),
    'EfficientDet-D0 (paper)': (3.83e6, 4.78e9),
}

Point = tuple[float, float]


def draw_complexity(networks: Mapping[str, Point]) -> Figure:
    """Draws a point a network beside the paper's two.

    Args:
        networks: (parameters, FLOPs), as thop counts them, by name.

    Returns:
        A figure with logarithmic axes.
    """
    figure = Figure(figsize=(9, 6), layout='constrained')
    axis = figure.subplots()
    markers = itertools.cycle('os^vDP*')
    for (name, place), marker in zip(networks.items(), markers, strict=False):
        axis.plot(*_in_axes(place), marker, label=name)
    for name, place in _PUBLISHED.items():
        axis.plot(*_in_axes(place), 'x', color='black', label=name)
    axis.set(
        xscale='log',
        yscale='log',
        xlabel='parameters in millions',
        ylabel='FLOPs in billions (twice the multiply-accumulates)',
        title='As thop counts, which leaves out scans and bare parameters',
    )
    for ticks in (axis.xaxis, axis.yaxis):
        ticks.set_major_formatter('{x:g}')
        ticks.set_minor_formatter('{x:g}')
    axis.grid(alpha=0.3, which='both')
    axis.legend(loc='center left', bbox_to_anchor=(1, 0.5))
    return figure


def _in_axes(place: Point) -> Point:
    parameters, flops = place
    return parameters / 1e6, flops / 1e9
