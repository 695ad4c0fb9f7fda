"""What a person with photographs calls."""

from ..datasets.images import read_image
from ..faces import Face
from .prediction import load_detector, predict_faces

__all__ = ['Face', 'load_detector', 'predict_faces', 'read_image']
