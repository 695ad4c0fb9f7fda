"""Tries what damaged files, hostile ones and sudden ends do to the project.

python tools/analysis/torture.py --out outputs/torture

Thousands of damaged inputs go through every reader, hostile checkpoints through
every path, and trainings are killed and resumed. Status 1 if anything ended as
it should not; its input is kept in faults/. Linux only.
"""

import argparse
import os
import sys
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_seed_argument, whole
from fer_yolo_mamba.cli.printing import progress_bar, publish
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.studies.torture import Amount, torture

_REPOSITORY = Path(__file__).parents[2]


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        default='outputs/torture',
        metavar='DIR',
        help='folder of torture.md, torture.json and faults/ (%(default)s)',
    )
    for option, default, what in (
        ('inputs', Amount.inputs, 'damaged inputs, of all readers'),
        ('checkpoints', Amount.checkpoints, 'bad checkpoints on each path'),
        ('kills', Amount.kills, 'killed trainings'),
    ):
        parser.add_argument(
            f'--{option}',
            type=whole(0),
            default=default,
            metavar='N',
            help=f'{what} (%(default)s)',
        )
    add_seed_argument(parser, 'another seed does other damage')
    parser.add_argument(
        '--processes',
        type=whole(1),
        default=os.cpu_count(),
        metavar='N',
        help='trials at a time (as many as cores, %(default)s)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Tries all, prints the page and writes it."""
    with progress_bar('trying') as progress:
        proof = torture(
            args.out,
            Amount(args.inputs, args.checkpoints, args.kills),
            repository=_REPOSITORY,
            run_tool=run_cli,
            seed=args.seed,
            processes=args.processes,
            progress=progress,
        )
    page = proof.page().to_markdown()
    publish(page, proof.to_dict(), 'torture', args.out)
    if not proof.holds:
        sys.exit(1)


if __name__ == '__main__':
    run_cli(make_parser(), main)
