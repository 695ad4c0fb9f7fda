"""Turns WIDER FACE, boxes of faces without expressions, into a VOC set.

python tools/dataset_converters/widerface.py downloads/WIDER
"""

import argparse

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import real
from fer_yolo_mamba.cli.sets import add_set_arguments, convert
from fer_yolo_mamba.datasets.converters import read_widerface


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'release',
        help='folder with wider_face_split, WIDER_train and WIDER_val',
    )
    parser.add_argument(
        '--min-size',
        type=real(0),
        default=0,
        metavar='PIXELS',
        help='leave out faces with a shorter side (%(default)s)',
    )
    add_set_arguments(parser, out='data/widerface')
    return parser


def main(args: argparse.Namespace) -> None:
    """Converts the release."""
    convert(read_widerface(args.release, args.min_size), args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
