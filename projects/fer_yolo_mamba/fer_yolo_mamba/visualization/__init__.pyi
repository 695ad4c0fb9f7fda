from .heatmap_figure import Heatmap, draw_heatmaps
from .pictures import (
    contact_sheet,
    draw_faces,
    draw_mistakes,
    shrunk,
    write_image,
)
from .plots import (
    draw_complexity,
    draw_confusion,
    draw_precision_recall,
    draw_reliability,
    draw_thresholds,
    figure_png,
)
from .run_plot import plot_run
from .timeline import draw_timeline

__all__ = [
    'Heatmap',
    'contact_sheet',
    'draw_complexity',
    'draw_confusion',
    'draw_faces',
    'draw_heatmaps',
    'draw_mistakes',
    'draw_precision_recall',
    'draw_reliability',
    'draw_thresholds',
    'draw_timeline',
    'figure_png',
    'plot_run',
    'shrunk',
    'write_image',
]
