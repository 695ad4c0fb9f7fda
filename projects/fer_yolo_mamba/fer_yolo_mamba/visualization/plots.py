"""Plots of a test and of networks' complexity."""

import functools
import io
import itertools
import warnings
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from ..evaluation import (
    ConfusionMatrix,
    DetectionAnalysis,
    interpolated_precision,
)
from ..evaluation.report import MEANS
from ..expressions import COLOURS

_COLOURS = {
    name: tuple(value / 255 for value in rgb) for name, rgb in COLOURS.items()
}
_THRESHOLDS = np.linspace(0, 1, 501)
# (parameters, FLOPs) that Section IV-D of the paper gives in numbers.
_PUBLISHED = {
    'FER-YOLO-Mamba (paper)': (8.68e6, 6.89e9),
    'EfficientDet-D0 (paper)': (3.83e6, 4.78e9),
}
# Beside matplotlib's own, for class names in other scripts.
_FONTS = (
    *('Noto Sans CJK SC', 'Noto Sans CJK JP', 'Noto Sans CJK KR'),
    *('WenQuanYi Micro Hei', 'WenQuanYi Zen Hei', 'Microsoft YaHei', 'SimHei'),
    *('PingFang SC', 'Arial Unicode MS', 'Unifont'),
)


def figure_png(figure: Figure, dpi: int = 110) -> bytes:
    """Draws a figure as a PNG file, for `write_atomically` or a page.

    Args:
        figure: Of matplotlib.
        dpi: Pixels an inch of the figure's size.

    Returns:
        What the file holds.
    """
    content, is_readable = _drawn(figure, dpi)
    if not is_readable:
        known = set(font_manager.get_font_names())
        fonts = [name for name in _FONTS if name in known]
        for text in figure.findobj(Text):
            text.set_fontfamily([*text.get_fontfamily(), *fonts])
        content, is_readable = _drawn(figure, dpi)
    if not is_readable:
        _warn_of_fonts()
    return content


def verbatim(text: str) -> str:
    """A text from outside for matplotlib, to be shown letter by letter.

    What stands between two dollars would be read as a formula.
    """
    return text.replace('$', r'\$')


def _drawn(figure: Figure, dpi: int) -> tuple[bytes, bool]:
    """The PNG file, and whether the fonts have all of its letters."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        figure.savefig(buffer, format='png', dpi=dpi)
    others = [x for x in caught if not str(x.message).startswith('Glyph ')]
    for other in others:
        warnings.warn_explicit(
            other.message, other.category, other.filename, other.lineno
        )
    return buffer.getvalue(), len(others) == len(caught)


@functools.cache
def _warn_of_fonts() -> None:
    """Warns once a process."""
    warnings.warn(
        'a plot has letters that no installed font has, and shows boxes in '
        f'their place: install one of {", ".join(_FONTS)}.',
        stacklevel=3,
    )


def class_colours(class_names: Sequence[str]) -> list[tuple[float, ...]]:
    """One colour a class, as matplotlib takes it.

    An expression always has its own; other classes take matplotlib's in
    turn.
    """
    others = matplotlib.colormaps['tab20'].colors
    return [
        _COLOURS.get(name, others[index % len(others)])
        for index, name in enumerate(class_names)
    ]


def draw_precision_recall(analysis: DetectionAnalysis) -> Figure:
    """Draws the interpolated curves, whose areas are the APs of the table.

    A point on each class's colour marks precision and recall at the score
    threshold; it lies below the curve where the interpolation lifts that.
    Classes without ground truth are left out.

    Returns:
        A figure with one axis.
    """
    report = analysis.report
    figure = Figure(figsize=(8, 5), layout='constrained')
    axis = figure.subplots()
    for result, matches, colour in _present(analysis, analysis.matched.matches):
        precision = interpolated_precision(matches)
        recall = np.arange(len(precision) + 1) / result.num_ground_truths
        # Each step has the precision of the true positive that ends it;
        # beyond the best recall there is none.
        axis.plot(
            recall,
            np.append(precision, 0),
            drawstyle='steps-post',
            color=colour,
            label=f'{verbatim(result.name)}, AP {100 * result.ap:.2f} %',
        )
        _mark(axis, result.recall, result.precision, colour)
    axis.set(
        title=f'Precision and recall, IoU ≥ {report.iou_thr:g}: '
        f'mAP {100 * report.mean_ap:.2f} %\n'
        f'points: score ≥ {report.score_thr:g}'
    )
    _frame(axis, 'recall', 'precision')
    if report.absent_classes != analysis.matched.class_names:
        axis.legend(loc='center left', bbox_to_anchor=(1.02, 0.5))
    return figure


def draw_thresholds(analysis: DetectionAnalysis) -> Figure:
    """Draws three axes: F1, precision, recall; a curve a class and the mean.

    Dots mark the thresholds that maximise F1, of each class and (black)
    of all classes together; a dashed line marks the table's threshold, and
    the legends give the figures there. Classes without ground truth are
    left out.

    Returns:
        A figure with three axes.
    """
    report = analysis.report
    figure = Figure(figsize=(15, 6.5), layout='constrained')
    thresholds = np.union1d(_THRESHOLDS, report.score_thr)
    present = [
        (result, curve, colour, curve.at(thresholds))
        for result, curve, colour in _present(analysis, analysis.curves)
    ]
    labels = {'precision': 'precision', 'recall': 'recall', 'f1': 'F1'}
    for number, (axis, name) in enumerate(
        zip(figure.subplots(1, 3), labels, strict=True)
    ):
        for result, _, colour, figures in present:
            figure_there = getattr(result, name)
            label = f'{verbatim(result.name)} {figure_there:.4f}'
            axis.plot(thresholds, figures[number], color=colour, label=label)
        if present:
            axis.plot(
                thresholds,
                np.mean([figures[number] for *_, figures in present], axis=0),
                color='black',
                linewidth=2.5,
                label=f'average {getattr(report, MEANS[name]):.4f}',
            )
            axis.legend(
                title=f'at score ≥ {report.score_thr:g}',
                loc='upper center',
                bbox_to_anchor=(0.5, -0.14),
                ncols=3,
                fontsize=8,
            )
        axis.axvline(report.score_thr, color='grey', linestyle='--')
        axis.set(title=f'{labels[name]}, IoU ≥ {report.iou_thr:g}')
        _frame(axis, 'score threshold', labels[name])
    for _, curve, colour, _ in present:
        _mark(axis, curve.best.score, curve.best.f1, colour)
    best = analysis.common_threshold
    _mark(axis, best.score, best.f1, 'black')
    figure.suptitle(
        f'Dashed: score ≥ {report.score_thr:g}. Dots: largest F1, '
        f'of the average at score ≥ {best.score:.4f}: {best.f1:.4f}'
    )
    return figure


def draw_confusion(confusion: ConfusionMatrix) -> Figure:
    """Draws the counts, and beside them each row's shares in percent.

    Both are coloured by the shares, so that rare classes show, too.

    Returns:
        A figure with two axes.
    """
    labels = [verbatim(label) for label in confusion.labels]
    side = len(labels)
    figure = Figure(
        figsize=(4 + 1.3 * side, 2 + 0.6 * side), layout='constrained'
    )
    shares = confusion.shares
    for axis, name, cells, style in zip(
        figure.subplots(1, 2),
        ('counts', 'percent of each row'),
        (confusion.counts, 100 * shares),
        ('{:d}', '{:.1f}'),
        strict=True,
    ):
        axis.imshow(np.nan_to_num(shares), cmap='Blues', vmin=0, vmax=1)
        for (row, column), value in np.ndenumerate(cells):
            axis.text(
                column,
                row,
                '–' if np.isnan(value) else style.format(value),
                ha='center',
                va='center',
                fontsize=8,
                color='white' if shares[row, column] > 0.6 else 'black',
            )
        axis.set_xticks(range(side), labels, rotation=45, ha='right')
        axis.set_yticks(range(side), labels)
        axis.set(title=name, xlabel='detected', ylabel='truth')
    figure.suptitle(
        f'Confusion, IoU ≥ {confusion.iou_thr:g}, '
        f'score ≥ {confusion.score_thr:g}'
    )
    return figure


def draw_reliability(analysis: DetectionAnalysis) -> Figure:
    """Draws the share of right detections in each bin of the score.

    Points lie at the mean score of their bin; the bars below say how many
    detections it has.

    Returns:
        A figure with two axes.
    """
    reliability = analysis.reliability
    report = analysis.report
    figure = Figure(figsize=(6, 6), layout='constrained')
    shares, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    bins = len(reliability.counts)
    left = np.arange(bins) / bins
    bars = dict(width=1 / bins, align='edge', edgecolor='white')
    shares.bar(left, reliability.precision, **bars)
    shares.plot(
        reliability.mean_score,
        reliability.precision,
        'o',
        color='black',
        label='at the mean score of the bin',
    )
    shares.plot((0, 1), (0, 1), '--', color='grey', label='calibrated')
    shares.set(ylabel='share of right detections', xlim=(0, 1), ylim=(0, 1.02))
    shares.legend(loc='upper left')
    # Now, as its scale must be known before the limits are taken from it.
    counts.bar(left, reliability.counts, **bars)
    counts.set(xlabel='score', ylabel='detections', yscale='symlog')
    shares.set_title(
        f'Reliability of all classes, IoU ≥ {report.iou_thr:g}\n'
        f'ECE {reliability.ece:.4f} of all {reliability.counts.sum()} '
        f'detections,\n{analysis.reliability_above.ece:.4f} of the '
        f'{analysis.reliability_above.counts.sum()} with score ≥ '
        f'{report.score_thr:g}'
    )
    return figure


def draw_complexity(networks: Mapping[str, tuple[float, float]]) -> Figure:
    """Draws a point a network beside the paper's two, as its Fig. 3 does.

    Args:
        networks: (parameters, FLOPs), as thop counts them, by name.

    Returns:
        A figure with logarithmic axes.
    """
    figure = Figure(figsize=(9, 6), layout='constrained')
    axis = figure.subplots()
    markers = itertools.cycle('os^vDP*')
    for name, (parameters, flops) in {**networks, **_PUBLISHED}.items():
        style = dict(marker=next(markers), linestyle='', label=verbatim(name))
        if name in _PUBLISHED:
            style |= dict(marker='x', color='black')
        axis.plot(parameters / 1e6, flops / 1e9, **style)
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


def _present(analysis: DetectionAnalysis, of_classes: Sequence) -> list[tuple]:
    """Result, part and colour of each class that has ground truth."""
    results = analysis.report.classes
    colours = class_colours(analysis.matched.class_names)
    classes = zip(results, of_classes, colours, strict=True)
    return [entry for entry in classes if entry[0].num_ground_truths]


def _frame(axis: Axes, xlabel: str, ylabel: str) -> None:
    """Labels and a grid for figures in [0, 1]."""
    axis.set(xlabel=xlabel, ylabel=ylabel, xlim=(0, 1), ylim=(0, 1.02))
    axis.grid(alpha=0.3)


def _mark(axis: Axes, x: float, y: float, colour) -> None:
    axis.plot(x, y, 'o', color=colour, markeredgecolor='black', clip_on=False)
