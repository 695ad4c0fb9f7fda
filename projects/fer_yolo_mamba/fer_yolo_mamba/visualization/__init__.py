"""Pictures of what the detector says."""

from .draw_faces import draw_faces
from .write_image import write_image

__all__ = ['draw_faces', 'write_image']
