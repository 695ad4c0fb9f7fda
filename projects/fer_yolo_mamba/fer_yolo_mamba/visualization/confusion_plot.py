"""The confusion matrix as two coloured tables."""

import numpy as np
from matplotlib.figure import Figure

from ..evaluation import ConfusionMatrix


def draw_confusion(confusion: ConfusionMatrix) -> Figure:
    """Draws the counts, and beside them each row's shares in percent.

    Both are coloured by the shares, so that rare classes show, too.

    Returns:
        A figure with two axes.
    """
    side = len(confusion.labels)
    figure = Figure(
        figsize=(4 + 1.3 * side, 2 + 0.6 * side), layout='constrained'
    )
    shares = confusion.shares
    percent = np.where(np.isnan(shares), np.nan, 100 * shares)
    for axis, name, cells, style in zip(
        figure.subplots(1, 2),
        ('counts', 'percent of each row'),
        (confusion.counts, percent),
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
        axis.set_xticks(range(side), confusion.labels, rotation=45, ha='right')
        axis.set_yticks(range(side), confusion.labels)
        axis.set(title=name, xlabel='detected', ylabel='truth')
    figure.suptitle(
        f'Confusion, IoU ≥ {confusion.iou_thr:g}, '
        f'score ≥ {confusion.score_thr:g}'
    )
    return figure
