"""Turns SFEW 2.0 and the authors' boxes for it into a VOC set.

python tools/dataset_converters/sfew.py downloads/SFEW --boxes sfew_boxes
"""

import argparse

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_seed_argument
from fer_yolo_mamba.cli.sets import (
    add_classes_arguments,
    add_set_arguments,
    convert,
)
from fer_yolo_mamba.datasets.converters import read_sfew


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('release', help='folder with Train and Val')
    parser.add_argument(
        '--boxes',
        required=True,
        metavar='DIR',
        help='folder with 2007_train.txt and 2007_val.txt',
    )
    add_seed_argument(parser, 'another one draws another split by clip')
    add_classes_arguments(parser)
    add_set_arguments(parser, out='data/sfew')
    return parser


def main(args: argparse.Namespace) -> None:
    """Converts the release."""
    stream = read_sfew(args.release, args.boxes, args.seed, args.classes)
    convert(stream, args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
