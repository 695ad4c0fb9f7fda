r"""Turns images with one label each into a VOC set.

python tools/dataset_converters/class_folders.py faces --out data/mine \
    --detector face_detection_yunet_2023mar.onnx

The labels are the names of the folders, or a CSV with the columns name and
label. Boxes come from OpenCV's face detector YuNet, whose model has to be
given, or are the whole image.
"""

import argparse

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_seed_argument, real
from fer_yolo_mamba.cli.sets import (
    add_classes_arguments,
    add_detector_arguments,
    add_set_arguments,
    convert,
    detector_of,
)
from fer_yolo_mamba.datasets.converters import read_class_folders


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('images', help='folder of the images, or a zip')
    parser.add_argument(
        '--csv',
        metavar='FILE',
        help='names and labels of the images (the folders are the labels)',
    )
    add_detector_arguments(parser, 'the whole image')
    parser.add_argument(
        '--keep-faceless',
        action='store_true',
        help='take the whole image where the detector finds no face',
    )
    parser.add_argument(
        '--val-fraction',
        type=real(0, 1),
        default=0.1,
        metavar='SHARE',
        help='share of the images to put into the split val, whole persons '
        'where the names tell them; nothing is drawn where there is a val or '
        'test (%(default)s)',
    )
    add_seed_argument(parser, 'another one draws another split')
    add_classes_arguments(parser)
    add_set_arguments(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    """Converts the images."""
    detect, options = detector_of(args)
    if detect:
        options['keep_faceless'] = args.keep_faceless
    stream = read_class_folders(
        args.images,
        args.csv,
        detect,
        args.keep_faceless,
        options,
        args.classes,
        args.val_fraction,
        args.seed,
    )
    convert(stream, args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
