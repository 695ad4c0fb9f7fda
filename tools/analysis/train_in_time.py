"""Trains detectors on composed pictures within a given time, on any machine.

python tools/analysis/train_in_time.py configs/fer_yolo_mamba_faces_n.py \\
    --seconds 600 --out work_dirs/in_time
python tools/convert_checkpoint.py work_dirs/in_time/*_n_step*.pth \\
    faces.safetensors --config configs/fer_yolo_mamba_faces_n.py
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import real, whole
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.studies.timed_training import Training, train_in_time


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'configs',
        nargs='+',
        type=Path,
        metavar='CONFIG',
        help='with a FaceMixture; several learn from the same batches',
    )
    parser.add_argument(
        '--seconds',
        type=real(1),
        required=True,
        metavar='N',
        help='in all, reading the sets and writing the weights included',
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        required=True,
        metavar='DIR',
        help='folder of the weights and the log',
    )
    parser.add_argument(
        '--batch',
        type=whole(1),
        default=Training.batch,
        metavar='N',
        help='pictures in a step (%(default)s)',
    )
    parser.add_argument(
        '--pictures-kept',
        type=whole(1),
        default=Training.pictures_kept,
        metavar='N',
        help='on the device, of which batches are drawn (%(default)s)',
    )
    parser.add_argument(
        '--workers',
        type=whole(1),
        default=Training.workers,
        metavar='N',
        help='processes that compose pictures (one less than cores, '
        '%(default)s)',
    )
    parser.add_argument(
        '--init',
        type=Path,
        nargs='+',
        default=[],
        metavar='FILE',
        help='weights to start from: a .safetensors file, or .pth, also in '
        'several parts (random ones)',
    )
    parser.add_argument(
        '--only',
        nargs='+',
        default=[],
        metavar='NAME',
        help='what the names of the parameters to train begin with; the rest '
        'stays as it is (all)',
    )
    parser.add_argument(
        '--no-share',
        action='store_true',
        help='several configs one after the other, each with an equal part '
        'of the seconds',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Trains all at once, or one after the other."""
    configs = [load_config(path) for path in args.configs]
    turns = [[config] for config in configs] if args.no_share else [configs]
    training = Training(
        args.seconds / len(turns),
        args.batch,
        args.pictures_kept,
        args.workers,
        args.only,
    )
    for turn in turns:
        train_in_time(turn, args.out, training, args.init)


if __name__ == '__main__':
    run_cli(make_parser(), main)
