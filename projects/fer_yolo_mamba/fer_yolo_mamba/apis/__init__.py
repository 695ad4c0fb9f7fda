"""What the command-line tools and other programs call."""

from .cli import add_run_arguments, run_cli
from .configs import load_config
from .prediction import Face, load_detector, predict_faces, read_image
from .runs import build_runner, latest_checkpoint, use_mixed_precision
from .weights import load_weights, read_checkpoint, require_fit

__all__ = [
    'Face',
    'add_run_arguments',
    'build_runner',
    'latest_checkpoint',
    'load_config',
    'load_detector',
    'load_weights',
    'predict_faces',
    'read_checkpoint',
    'read_image',
    'require_fit',
    'run_cli',
    'use_mixed_precision',
]
