"""Training pictures composed anew every time, from sets of faces.

A mixture draws from sources of pictures, each with its share: face crops
pasted on backgrounds, and photographs, whose faces crops may replace.
"""

from .face_crops import FaceCrops
from .face_mixture import FaceMixture
from .pasted_faces import PastedFaces
from .photographs import Photographs
from .pictures import Picture, PictureSource

__all__ = [
    'FaceCrops',
    'FaceMixture',
    'PastedFaces',
    'Photographs',
    'Picture',
    'PictureSource',
]
