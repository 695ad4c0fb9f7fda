"""Pictures of what the detector says."""

from .complexity_plot import draw_complexity
from .contact_sheet import contact_sheet
from .draw_faces import draw_faces
from .figure_png import figure_png
from .run_curves import plot_run
from .write_image import write_image

__all__ = [
    'contact_sheet',
    'draw_complexity',
    'draw_faces',
    'figure_png',
    'plot_run',
    'write_image',
]
