"""What the command-line tools and other programs call."""

from ..datasets.images import read_image
from .cli import add_run_arguments, add_thresholds_argument, run_cli
from .complexity import (
    Complexity,
    count_flops,
    input_size,
    measure_complexity,
)
from .configs import load_config
from .fused import fuse_for_inference
from .markdown_table import markdown_table
from .prediction import Face, load_detector, predict_faces
from .progress_bar import progress_bar
from .runs import build_runner, latest_checkpoint, use_mixed_precision
from .weights import load_weights, read_checkpoint, require_fit

__all__ = [
    'Complexity',
    'Face',
    'add_run_arguments',
    'add_thresholds_argument',
    'build_runner',
    'count_flops',
    'fuse_for_inference',
    'input_size',
    'latest_checkpoint',
    'load_config',
    'load_detector',
    'load_weights',
    'markdown_table',
    'measure_complexity',
    'predict_faces',
    'progress_bar',
    'read_checkpoint',
    'read_image',
    'require_fit',
    'run_cli',
    'use_mixed_precision',
]
