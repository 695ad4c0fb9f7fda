"""Draws a small data set of faces to train and test on.

    python tools/make_demo_data.py --out data/demo

Every picture is drawn by the program; none is a photograph.
"""

import argparse
import os

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_seed_argument
from fer_yolo_mamba.cli.printing import progress_bar
from fer_yolo_mamba.datasets.drawn_faces import SPLITS, make_demo_set
from fer_yolo_mamba.files import OutputPath


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--out',
        type=OutputPath,
        default='data/demo',
        metavar='DIR',
        help='folder to fill (default: %(default)s)',
    )
    for split, count in zip(SPLITS, (1920, 64, 128), strict=True):
        parser.add_argument(
            f'--{split}',
            type=int,
            default=count,
            metavar='N',
            help=f'pictures in the split {split} (default: %(default)s)',
        )
    add_seed_argument(parser, 'another seed gives other pictures')
    parser.add_argument(
        '--size',
        type=int,
        default=320,
        metavar='PIXELS',
        help='width and height of a picture (default: %(default)s)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Draws the set, unless the folder already holds it."""
    counts = {split: getattr(args, split) for split in SPLITS}
    with progress_bar('drawing') as progress:
        drawn = make_demo_set(
            args.out, counts, args.seed, args.size, os.cpu_count(), progress
        )
    total = sum(counts.values())
    state = 'now holds' if drawn else 'already holds'
    print(f'{args.out} {state} {total} pictures of drawn faces')


if __name__ == '__main__':
    run_cli(make_parser(), main)
