"""Precision, recall and F1 against the score threshold."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..evaluation import DetectionAnalysis
from .class_colours import class_colours

_GRID = np.linspace(0, 1, 501)


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
    thresholds = np.union1d(_GRID, report.score_thr)
    present = [
        (result, curve, colour, curve.at(thresholds))
        for result, curve, colour in zip(
            report.classes,
            analysis.curves,
            class_colours(analysis.matched.class_names),
            strict=True,
        )
        if result.num_ground_truths
    ]
    for number, (axis, name, average) in enumerate(
        zip(
            figure.subplots(1, 3),
            ('precision', 'recall', 'F1'),
            (report.avg_precision, report.avg_recall, report.avg_f1),
            strict=True,
        )
    ):
        for result, _, colour, figures in present:
            value = (result.precision, result.recall, result.f1)[number]
            axis.plot(
                thresholds,
                figures[number],
                color=colour,
                label=f'{result.name} {value:.4f}',
            )
        if present:
            axis.plot(
                thresholds,
                np.mean([figures[number] for *_, figures in present], axis=0),
                color='black',
                linewidth=2.5,
                label=f'average {average:.4f}',
            )
            axis.legend(
                title=f'at score ≥ {report.score_thr:g}',
                loc='upper center',
                bbox_to_anchor=(0.5, -0.14),
                ncols=3,
                fontsize=8,
            )
        axis.axvline(report.score_thr, color='grey', linestyle='--')
        axis.set(
            title=f'{name}, IoU ≥ {report.iou_thr:g}',
            xlabel='score threshold',
            ylabel=name,
            xlim=(0, 1),
            ylim=(0, 1.02),
        )
        axis.grid(alpha=0.3)
    for _, curve, colour, _ in present:
        _mark(axis, curve.best.score, curve.best.f1, colour)
    best = analysis.common_threshold
    _mark(axis, best.score, best.f1, 'black')
    figure.suptitle(
        f'Dashed: score ≥ {report.score_thr:g}. Dots: largest F1, '
        f'of the average at score ≥ {best.score:.4f}: {best.f1:.4f}'
    )
    return figure


def _mark(axis: Axes, score: float, f1: float, colour) -> None:
    axis.plot(
        score, f1, 'o', color=colour, markeredgecolor='black', clip_on=False
    )
