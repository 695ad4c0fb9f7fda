r"""Turns lists of boxes, "path x1,y1,x2,y2,class …", into a VOC set, and back.

python tools/dataset_converters/txt.py import --split train=a.txt \
    --out data/mine
python tools/dataset_converters/txt.py export data/mine --out lists
"""

import argparse

from fer_yolo_mamba.apis import run_cli
from fer_yolo_mamba.apis.convert_cli import (
    add_export_arguments,
    add_set_arguments,
    add_split_file_argument,
    convert,
)
from fer_yolo_mamba.datasets.converters import VOCSet, read_txt, write_txt


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)
    to_voc = verbs.add_parser('import', help='lists to a VOC set')
    to_voc.set_defaults(run=import_lists)
    add_split_file_argument(to_voc, 'list')
    to_voc.add_argument(
        '--images',
        metavar='DIR',
        help='where the images are, if not where the lists say',
    )
    add_set_arguments(to_voc)
    from_voc = verbs.add_parser('export', help='a VOC set to lists')
    from_voc.set_defaults(run=export_lists)
    add_export_arguments(from_voc)
    return parser


def import_lists(args: argparse.Namespace) -> None:
    """Writes a VOC set."""
    convert(read_txt(dict(args.splits), args.images), args)


def export_lists(args: argparse.Namespace) -> None:
    """Writes a list for each split."""
    voc_set = VOCSet(args.voc_set, args.one_based)
    print(*write_txt(voc_set, args.out, args.splits), sep='\n')


def main(args: argparse.Namespace) -> None:
    """Does what the verb says."""
    args.run(args)


if __name__ == '__main__':
    run_cli(make_parser(), main)
