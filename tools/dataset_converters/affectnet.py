"""Turns AffectNet, the full release with CSV lists, into a VOC set.

python tools/dataset_converters/affectnet.py downloads/AffectNet
"""

import argparse

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.sets import (
    add_classes_arguments,
    add_set_arguments,
    convert,
)
from fer_yolo_mamba.datasets.converters import read_affectnet


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'release',
        help='folder with Manually_Annotated_Images and '
        'Manually_Annotated_file_lists',
    )
    add_classes_arguments(parser)
    add_set_arguments(parser, out='data/affectnet')
    return parser


def main(args: argparse.Namespace) -> None:
    """Converts the release."""
    convert(read_affectnet(args.release, args.classes), args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
