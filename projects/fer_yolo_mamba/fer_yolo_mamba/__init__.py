"""FER-YOLO-Mamba: find the faces in a photograph and name each expression.

Importing the package prepares the OpenMMLab libraries (:mod:`.compat`) and
registers everything that a config can name in mmyolo's registries.
"""

# The order matters: mmdet cannot be imported before compat is installed.
from . import compat

compat.install()

from . import datasets, engine, evaluation, models, ops  # noqa: E402
from .datasets import composition  # noqa: E402, F401

compat.assume_constant(ops.choose_backend)

__version__ = '0.1.0'
__all__ = [
    'FERDetector',
    'compat',
    'datasets',
    'engine',
    'evaluation',
    'models',
    'ops',
]


def __getattr__(name: str):
    # Only when asked for: a training, for one, has no use for it.
    if name == 'FERDetector':
        from .apis import FERDetector

        return FERDetector
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
