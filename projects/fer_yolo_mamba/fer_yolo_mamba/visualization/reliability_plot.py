"""The reliability diagram of the scores."""

import numpy as np
from matplotlib.figure import Figure

from ..evaluation import DetectionAnalysis


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
    shares.bar(
        left, reliability.precision, 1 / bins, align='edge', edgecolor='white'
    )
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
    counts.bar(
        left, reliability.counts, 1 / bins, align='edge', edgecolor='white'
    )
    counts.set(xlabel='score', ylabel='detections', yscale='symlog')
    shares.set_title(
        f'Reliability of all classes, IoU ≥ {report.iou_thr:g}\n'
        f'ECE {reliability.ece:.4f} of all {reliability.counts.sum()} '
        f'detections,\n{analysis.reliability_above.ece:.4f} of the '
        f'{analysis.reliability_above.counts.sum()} with score ≥ '
        f'{report.score_thr:g}'
    )
    return figure
