"""Turns RAF-DB, as its authors distribute it, into a VOC set.

python tools/dataset_converters/rafdb.py downloads/RAF-DB
"""

import argparse

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.sets import (
    add_classes_arguments,
    add_set_arguments,
    convert,
)
from fer_yolo_mamba.datasets.converters import read_rafdb


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'release', help='folder with EmoLabel, Image and Annotation, or a zip'
    )
    add_classes_arguments(parser)
    add_set_arguments(parser, out='data/rafdb')
    return parser


def main(args: argparse.Namespace) -> None:
    """Converts the release."""
    convert(read_rafdb(args.release, args.classes), args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
