"""A benchmark's figures as a picture."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .comparison import Comparison
from .growth import Growth
from .report import Report
from .unit import three_digits


def draw_report(report: Report) -> Figure:
    """Draws the ratios as bars, and the growth as a line.

    Args:
        report: Of at least one comparison or a growth.

    Returns:
        A figure with an axis for each of the two that the report has.
    """
    parts = []
    if report.comparisons:
        parts.append((_draw_ratios, report.comparisons))
    if report.growth:
        parts.append((_draw_growth, report.growth))
    height = max(4.0, 1.0 + 0.7 * len(report.comparisons))
    figure = Figure(figsize=(8 * len(parts), height), layout='constrained')
    axes = figure.subplots(1, len(parts), squeeze=False)[0]
    for axis, (draw, part) in zip(axes, parts, strict=True):
        draw(axis, part)
    figure.suptitle(str(report.environment))
    return figure


def _draw_ratios(axis: Axes, comparisons: tuple[Comparison, ...]) -> None:
    """From one, which is parity, to the ratio, on a logarithmic axis."""
    for row, comparison in enumerate(comparisons):
        axis.barh(row, comparison.ratio - 1, left=1, color='tab:blue')
        axis.plot(comparison.ratio_spread, (row, row), color='black')
        text = three_digits(comparison.ratio)
        if target := comparison.target:
            axis.plot(target.limit, row, '|', color='red', markersize=22)
            text += f', target: {target}'
        # Beside the frame, at the height of the bar.
        axis.text(1.02, row, text, transform=axis.get_yaxis_transform())
    axis.set_yticks(
        range(len(comparisons)),
        [
            f'{comparison.title}\n{comparison.ratio_name}'
            for comparison in comparisons
        ],
        fontsize='small',
    )
    axis.invert_yaxis()
    axis.set_xscale('log')
    axis.axvline(1, color='grey', linewidth=0.8)
    axis.set_xlabel('ratio')


def _draw_growth(axis: Axes, growth: Growth) -> None:
    medians = [series.median for series in growth.times]
    spreads = [series.spread for series in growth.times]
    axis.vlines(growth.pixels, *zip(*spreads, strict=True), color='black')
    axis.plot(growth.pixels, medians, 'o', label=growth.network)
    axis.plot(
        growth.pixels, growth.fitted, label=f'pixels^{growth.exponent:.2f}'
    )
    axis.set(
        xscale='log',
        yscale='log',
        xlabel='pixels',
        ylabel='seconds of inference, batch 1',
    )
    axis.legend()
