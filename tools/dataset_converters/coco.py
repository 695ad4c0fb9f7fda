r"""Turns COCO files of faces into a VOC set, and back.

python tools/dataset_converters/coco.py import --split train=a.json \
    --images photos --out data/mine
python tools/dataset_converters/coco.py export data/mine --out coco
"""

import argparse

from fer_yolo_mamba.apis import run_cli
from fer_yolo_mamba.apis.convert_cli import (
    add_export_arguments,
    add_set_arguments,
    add_split_file_argument,
    convert,
)
from fer_yolo_mamba.datasets.converters import VOCSet, read_coco, write_coco


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)
    to_voc = verbs.add_parser('import', help='COCO files to a VOC set')
    to_voc.set_defaults(run=import_files)
    add_split_file_argument(to_voc, 'COCO file')
    to_voc.add_argument(
        '--images',
        required=True,
        metavar='DIR',
        help='folder or zip that the file names count from',
    )
    add_set_arguments(to_voc)
    from_voc = verbs.add_parser('export', help='a VOC set to COCO files')
    from_voc.set_defaults(run=export_files)
    add_export_arguments(from_voc)
    return parser


def import_files(args: argparse.Namespace) -> None:
    """Writes a VOC set."""
    convert(read_coco(dict(args.splits), args.images), args)


def export_files(args: argparse.Namespace) -> None:
    """Writes a COCO file for each split."""
    voc_set = VOCSet(args.voc_set, args.one_based)
    print(*write_coco(voc_set, args.out, args.splits), sep='\n')


def main(args: argparse.Namespace) -> None:
    """Does what the verb says."""
    args.run(args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
