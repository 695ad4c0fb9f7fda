"""Trains the model of a config.

python tools/train.py configs/fer_yolo_mamba_rafdb.py
"""

import argparse

from fer_yolo_mamba.cli import MOST_SEED, run_cli, whole
from fer_yolo_mamba.engine.config import add_run_arguments, load_config
from fer_yolo_mamba.engine.runner import (
    end_of_run,
    latest_checkpoint,
    train,
    use_mixed_precision,
)
from fer_yolo_mamba.engine.seeds import use_seed


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_run_arguments(parser)
    parser.add_argument(
        '--resume',
        action='store_true',
        help='go on from the last checkpoint in the work dir, if there is one',
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
        '--amp', action='store_true', help='mixed precision, on a GPU'
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Trains from the start, or on from the last checkpoint."""
    config = load_config(args.config, args.cfg_options, args.work_dir)
    use_seed(config, args.seed, args.deterministic)
    if args.amp:
        use_mixed_precision(config)
    checkpoint = latest_checkpoint(config.work_dir)
    if args.resume and checkpoint:
        if told := end_of_run(config, checkpoint):
            print(told)
            return
        config.resume = True
        config.load_from = str(checkpoint)
    elif checkpoint:
        print(
            f'{config.work_dir} holds an earlier run, whose files this one '
            'replaces one by one: stop it and add --resume to go on from '
            f'{checkpoint.name}, or name another --work-dir to keep both.'
        )
    train(config, args.launcher)


if __name__ == '__main__':
    run_cli(make_parser(), main)
