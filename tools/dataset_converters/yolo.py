"""Turns a set in YOLO layout into a VOC set, and back.

python tools/dataset_converters/yolo.py import faces/data.yaml --out data/mine
python tools/dataset_converters/yolo.py export data/mine --out yolo
"""

import argparse

from fer_yolo_mamba.apis import run_cli
from fer_yolo_mamba.apis.convert_cli import (
    add_export_arguments,
    add_set_arguments,
    convert,
)
from fer_yolo_mamba.datasets.converters import VOCSet, read_yolo, write_yolo


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)
    to_voc = verbs.add_parser('import', help='YOLO layout to a VOC set')
    to_voc.set_defaults(run=import_set)
    to_voc.add_argument(
        'description', help='data.yaml, or classes.txt beside the images'
    )
    add_set_arguments(to_voc)
    from_voc = verbs.add_parser('export', help='a VOC set to YOLO layout')
    from_voc.set_defaults(run=export_set)
    add_export_arguments(from_voc)
    return parser


def import_set(args: argparse.Namespace) -> None:
    """Writes a VOC set."""
    convert(read_yolo(args.description), args)


def export_set(args: argparse.Namespace) -> None:
    """Writes images/, labels/ and data.yaml."""
    voc_set = VOCSet(args.voc_set, args.one_based)
    print(write_yolo(voc_set, args.out, args.splits))


def main(args: argparse.Namespace) -> None:
    """Does what the verb says."""
    args.run(args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
