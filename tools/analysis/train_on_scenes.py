"""Trains a method on FER+ scenes and tests it: a row of the table of methods.

    python tools/analysis/train_on_scenes.py configs/baselines/ssd_rafdb.py \\
        --steps 537 --out work_dirs/scenes/ssd
    python tools/analysis/method_table.py measure \\
        work_dirs/scenes/ssd/predictions.json \\
        --training work_dirs/scenes/ssd/training.json --out rows/ssd.json
"""

import argparse
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_seed_argument, whole
from fer_yolo_mamba.cli.printing import progress_bar
from fer_yolo_mamba.compat.environment import Environment
from fer_yolo_mamba.engine.config import add_config_arguments, load_config
from fer_yolo_mamba.files import OutputPath, write_json
from fer_yolo_mamba.studies.kept_training import forget_training
from fer_yolo_mamba.studies.method_rows import MethodRow, Training
from fer_yolo_mamba.studies.scenes_training import Schedule, train_on_scenes


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
    )
    add_config_arguments(parser)
    parser.add_argument(
        '--scenes',
        type=Path,
        default=Path('data/ferplus_scenes'),
        metavar='DIR',
        help='what analysis/ferplus_scenes.py or mixture_scenes.py wrote '
        '(%(default)s)',
    )
    parser.add_argument(
        '--steps', type=whole(1), required=True, metavar='N', help='to train'
    )
    parser.add_argument(
        '--clock',
        type=Path,
        metavar='ROW.json',
        help='a row whose rate followed the clock, to be followed again (the '
        'rate follows the steps)',
    )
    parser.add_argument(
        '--batch',
        type=whole(1),
        default=Schedule.batch,
        metavar='N',
        help='pictures in a step (%(default)s)',
    )
    add_seed_argument(parser, 'of weights and batches')
    parser.add_argument(
        '--backbone',
        type=Path,
        metavar='FILE.pth',
        help='a checkpoint whose backbone stays as it is, for necks to be '
        'compared on it (random weights, trained)',
    )
    parser.add_argument(
        '--method',
        metavar='NAME',
        help="what the row is called (the config's name)",
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        required=True,
        metavar='DIR',
        help='folder of predictions.json and training.json; a training that '
        'was stopped goes on from there',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes what a row is made of."""
    config = load_config(args.config, args.cfg_options)
    clock = MethodRow.read(args.clock).training.clock if args.clock else []
    schedule = Schedule(args.steps, args.batch, clock)
    with progress_bar('training') as progress:
        trained = train_on_scenes(
            config,
            args.scenes,
            args.out,
            schedule,
            args.seed,
            args.backbone,
            progress,
        )
    trained.predictions.write(args.out / 'predictions.json')
    training = Training(
        method=args.method or Path(args.config).stem,
        command=f'python {shlex.join(sys.argv)}',
        seed=args.seed,
        steps=args.steps,
        batch=args.batch,
        epochs=round(args.steps * args.batch / trained.pictures, 2),
        seconds=round(trained.seconds, 1),
        machine=Environment.of(trained.device).device,
        clock=list(clock),
    )
    write_json(args.out / 'training.json', asdict(training))
    forget_training(args.out)
    print(args.out)


if __name__ == '__main__':
    run_cli(make_parser(), main)
