"""What a person with photographs calls."""

from ..datasets.images import read_image
from ..faces import Face
from .detector import FERDetector, FERResult, ready_weights

__all__ = ['FERDetector', 'FERResult', 'Face', 'read_image', 'ready_weights']
