from .detector import FERDetector
from .network import Network
from .results import FERResult
from .weights import ready_weights

__all__ = ['FERDetector', 'FERResult', 'Network', 'ready_weights']
