"""Precision-recall curves of all classes."""

import numpy as np
from matplotlib.figure import Figure

from ..evaluation import DetectionAnalysis, interpolated_precision
from .class_colours import class_colours


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
    for result, matches, colour in zip(
        report.classes,
        analysis.matched.matches,
        class_colours(analysis.matched.class_names),
        strict=True,
    ):
        if not result.num_ground_truths:
            continue
        precision = interpolated_precision(matches)
        recall = np.arange(len(precision) + 1) / result.num_ground_truths
        # Each step has the precision of the true positive that ends it;
        # beyond the best recall there is none.
        axis.plot(
            recall,
            np.append(precision, 0),
            drawstyle='steps-post',
            color=colour,
            label=f'{result.name}, AP {100 * result.ap:.2f} %',
        )
        axis.plot(
            result.recall,
            result.precision,
            'o',
            color=colour,
            markeredgecolor='black',
            clip_on=False,
        )
    axis.set(
        title=(
            f'Precision and recall, IoU ≥ {report.iou_thr:g}: '
            f'mAP {100 * report.mean_ap:.2f} %\n'
            f'points: score ≥ {report.score_thr:g}'
        ),
        xlabel='recall',
        ylabel='precision',
        xlim=(0, 1),
        ylim=(0, 1.02),
    )
    axis.grid(alpha=0.3)
    if report.absent_classes != analysis.matched.class_names:
        axis.legend(loc='center left', bbox_to_anchor=(1.02, 0.5))
    return figure
