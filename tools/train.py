"""Trains the model of a config.

python tools/train.py configs/fer_yolo_mamba_rafdb.py
"""

import argparse

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import MOST_SEED, whole
from fer_yolo_mamba.engine.acceleration import (
    use_fast_defaults,
    use_mixed_precision,
)
from fer_yolo_mamba.engine.config import (
    add_run_arguments,
    load_config,
    require_parts,
)
from fer_yolo_mamba.engine.profiling import ProfileHook
from fer_yolo_mamba.engine.runner import log_to
from fer_yolo_mamba.engine.seeds import use_seed
from fer_yolo_mamba.engine.training import train

_NEEDED = 'model', 'train_cfg', 'train_dataloader', 'optim_wrapper'
_BACKENDS = dict(tensorboard='TensorboardVisBackend', wandb='WandbVisBackend')


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_run_arguments(parser)
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        '--resume',
        nargs='?',
        const=True,
        default=False,
        metavar='CHECKPOINT',
        help='go on from the last checkpoint in the work dir, if there is one, '
        'or from this one',
    )
    start.add_argument(
        '--overwrite',
        action='store_true',
        help='begin anew in a used work dir: its earlier run is moved aside',
    )
    parser.add_argument(
        '--skip-nonfinite',
        type=whole(0),
        default=0,
        metavar='N',
        help='leave out at most N steps whose loss or gradient is not finite '
        '(%(default)s: stop at the first)',
    )
    parser.add_argument(
        '--seed',
        type=whole(0, MOST_SEED),
        metavar='N',
        help="of all that is drawn by chance, in place of the config's",
    )
    parser.add_argument(
        '--deterministic',
        action='store_true',
        help='only operations that give the same again, also on a GPU, where '
        'it is slower',
    )
    parser.add_argument(
        '--amp',
        action='store_true',
        help='mixed precision: bfloat16, or float16 on a GPU without it',
    )
    parser.add_argument(
        '--compile',
        action='store_true',
        help='compile the network by torch.compile, which takes long at first',
    )
    parser.add_argument(
        '--profile',
        action='store_true',
        help='time the parts of the first epoch: profile.md and a trace',
    )
    for name, backend in _BACKENDS.items():
        parser.add_argument(
            f'--{name}',
            action='append_const',
            dest='backends',
            const=backend,
            default=[],
            help=f'log to {name}, too',
        )
    return parser


def main(args: argparse.Namespace) -> None:
    """Trains from the start, or on from a checkpoint."""
    config = load_config(args.config, args.cfg_options, args.work_dir)
    require_parts(config, *_NEEDED)
    use_seed(config, args.seed, args.deterministic)
    use_fast_defaults(config)
    if args.amp:
        use_mixed_precision(config)
    if args.compile:
        hooks = config.get('custom_hooks') or []
        config.custom_hooks = [*hooks, dict(type='CompileHook')]
    for backend in args.backends:
        log_to(config, backend)
    train(
        config,
        args.launcher,
        args.resume,
        args.overwrite,
        args.skip_nonfinite,
        [ProfileHook()] if args.profile else [],
    )


if __name__ == '__main__':
    run_cli(make_parser(), main)
