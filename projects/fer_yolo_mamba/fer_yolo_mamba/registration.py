"""Registers everything that a config can name in mmyolo's registries.

It is imported with the first look into one of them, see
:mod:`.compat.openmmlab`, or by a config that names it in ``custom_imports``.
"""

from .datasets import composition, fer_voc_dataset, mixing
from .engine import (
    acceleration,
    checkpoint_fit,
    checkpoint_hook,
    hooks,
    loops,
    seeds,
)
from .evaluation import fer_metric
from .models import baselines, fer_yolo_mamba, mixers, partly_labelled_head

__all__ = [
    'acceleration',
    'baselines',
    'checkpoint_fit',
    'checkpoint_hook',
    'composition',
    'fer_metric',
    'fer_voc_dataset',
    'fer_yolo_mamba',
    'hooks',
    'loops',
    'mixers',
    'mixing',
    'partly_labelled_head',
    'seeds',
]
