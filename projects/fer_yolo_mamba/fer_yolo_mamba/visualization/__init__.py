"""Pictures of what the detector says."""

from .complexity_plot import draw_complexity
from .confusion_plot import draw_confusion
from .contact_sheet import contact_sheet
from .draw_faces import draw_faces
from .figure_png import figure_png
from .mistake_sheet import draw_mistakes
from .precision_recall_plot import draw_precision_recall
from .reliability_plot import draw_reliability
from .run_curves import plot_run
from .threshold_plot import draw_thresholds
from .write_image import write_image

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
