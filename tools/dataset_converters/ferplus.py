"""Turns FER+, the faces of FER2013 with ten votes each, into a VOC set.

python tools/dataset_converters/ferplus.py downloads/ferplus
"""

import argparse

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import whole
from fer_yolo_mamba.cli.sets import (
    add_classes_arguments,
    add_detector_arguments,
    add_set_arguments,
    convert,
    detector_of,
)
from fer_yolo_mamba.datasets.converters import read_ferplus


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'release',
        help='folder with fer2013new.csv, and fer2013.csv or the folders that '
        "FER+'s script makes of the two",
    )
    parser.add_argument(
        '--fer2013-votes',
        type=whole(0),
        default=0,
        metavar='N',
        help="count FER2013's own label as N further votes where an annotator "
        'is for it, too (%(default)s)',
    )
    add_classes_arguments(parser)
    add_detector_arguments(parser, 'where a face usually is')
    add_set_arguments(parser, out='data/ferplus')
    return parser


def main(args: argparse.Namespace) -> None:
    """Converts the release."""
    detect, options = detector_of(args)
    stream = read_ferplus(
        args.release, args.classes, args.fer2013_votes, detect, options
    )
    convert(stream, args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
