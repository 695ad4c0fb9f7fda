"""Trains detectors on 16 drawn faces, to see whether each can learn them.

python tools/analysis/overfit.py configs/fer_yolo_mamba_demo.py \\
    configs/baselines/*_demo.py --out outputs/overfit
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import real, whole
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.files import OutputPath, write_atomically
from fer_yolo_mamba.reports.page import markdown_table
from fer_yolo_mamba.studies.overfit import (
    LEARNT,
    Overfit,
    Training,
    overfit,
    write_overfit_set,
)

_HEADER = (
    'config',
    'batch',
    'rate',
    'momentum',
    'steps',
    'mAP',
    f'at least {LEARNT}',
)


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('configs', nargs='+', type=Path, metavar='CONFIG')
    parser.add_argument(
        '--rounds',
        type=whole(1),
        default=Training.rounds,
        metavar='N',
        help='most rounds of ten passes over the faces (%(default)s)',
    )
    parser.add_argument(
        '--batch',
        type=whole(1),
        default=Training.batch,
        metavar='N',
        help='faces in a step (%(default)s)',
    )
    parser.add_argument(
        '--rate',
        type=real(1e-9, 1000),
        default=Training.rate,
        help="Adam's (%(default)s, the paper's)",
    )
    parser.add_argument(
        '--bn-momentum',
        type=real(0, 1),
        metavar='M',
        help="of batch normalisation's statistics (the config's own)",
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        default='outputs/overfit',
        metavar='DIR',
        help='folder of overfit.md, the faces and the runs (%(default)s)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes the table anew after each detector."""
    faces = args.out / 'faces'
    write_overfit_set(faces)
    training = Training(args.rounds, args.batch, args.rate, args.bn_momentum)
    results = []
    for path in args.configs:
        config = load_config(path)
        results.append(overfit(config, faces, args.out, training))
        table = markdown_table(_HEADER, map(_row, results))
        write_atomically(args.out / 'overfit.md', table + '\n')
    print(table)


def _row(result: Overfit) -> tuple[str, ...]:
    training = result.training
    return (
        result.config,
        f'{training.batch}',
        f'{training.rate:g}',
        'own' if training.bn_momentum is None else f'{training.bn_momentum:g}',
        f'{result.steps}',
        f'{result.mean_ap:.3f}',
        'reached' if result.has_learnt else 'missed',
    )


if __name__ == '__main__':
    run_cli(make_parser(), main)
