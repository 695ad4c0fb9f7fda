from . import apis, compat, datasets, engine, evaluation, models, ops
from .apis import FERDetector, FERResult

__version__: str

__all__ = [
    'FERDetector',
    'FERResult',
    'apis',
    'compat',
    'datasets',
    'engine',
    'evaluation',
    'models',
    'ops',
]
