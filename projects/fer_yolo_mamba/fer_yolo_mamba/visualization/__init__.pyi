from .pictures import contact_sheet, draw_faces, draw_mistakes, write_image
from .plots import (
    draw_complexity,
    draw_confusion,
    draw_precision_recall,
    draw_reliability,
    draw_thresholds,
    figure_png,
    plot_run,
)

__all__ = [
    'contact_sheet',
    'draw_complexity',
    'draw_confusion',
    'draw_faces',
    'draw_mistakes',
    'draw_precision_recall',
    'draw_reliability',
    'draw_thresholds',
    'figure_png',
    'plot_run',
    'write_image',
]
