from .detector import FERDetector, FERResult, ready_weights

__all__ = ['FERDetector', 'FERResult', 'ready_weights']
