"""Turns ExpW, Expression in the Wild, into a VOC set.

python tools/dataset_converters/expw.py downloads/ExpW
"""

import argparse

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_seed_argument, real
from fer_yolo_mamba.cli.sets import (
    add_classes_arguments,
    add_set_arguments,
    convert,
)
from fer_yolo_mamba.datasets.converters import read_expw


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'release', help='folder with label/label.lst and image/origin'
    )
    parser.add_argument(
        '--test-fraction',
        type=real(0, 1),
        default=0.1,
        metavar='SHARE',
        help='share of the images to put into the split test (%(default)s)',
    )
    add_seed_argument(parser, 'another one draws another split')
    add_classes_arguments(parser)
    add_set_arguments(parser, out='data/expw')
    return parser


def main(args: argparse.Namespace) -> None:
    """Converts the release."""
    stream = read_expw(
        args.release, args.test_fraction, args.seed, args.classes
    )
    convert(stream, args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
