r"""Turns COCO files of faces into a VOC set, and back.

python tools/dataset_converters/coco.py import --split train=a.json \
    --images photos --out data/mine
python tools/dataset_converters/coco.py export data/mine --out coco
"""

import argparse

from fer_yolo_mamba.cli import do_verb, run_cli
from fer_yolo_mamba.cli.sets import add_exchange_verbs, add_split_file_argument
from fer_yolo_mamba.datasets.converters import read_coco, write_coco


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    to_voc = add_exchange_verbs(
        parser,
        lambda args: read_coco(dict(args.splits), args.images, args.classes),
        write_coco,
    )
    add_split_file_argument(to_voc, 'COCO file')
    to_voc.add_argument(
        '--images',
        required=True,
        metavar='DIR',
        help='folder or zip that the file names count from',
    )
    return parser


main = do_verb

if __name__ == '__main__':
    run_cli(make_parser(), main)
