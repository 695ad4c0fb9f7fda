r"""Turns lists of boxes, "path x1,y1,x2,y2,class …", into a VOC set, and back.

python tools/dataset_converters/txt.py import --split train=a.txt \
    --out data/mine
python tools/dataset_converters/txt.py export data/mine --out lists
"""

import argparse

from fer_yolo_mamba.cli import do_verb, run_cli
from fer_yolo_mamba.cli.sets import add_exchange_verbs, add_split_file_argument
from fer_yolo_mamba.datasets.converters import read_txt, write_txt


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    to_voc = add_exchange_verbs(
        parser,
        lambda args: read_txt(dict(args.splits), args.images, args.classes),
        write_txt,
    )
    add_split_file_argument(to_voc, 'list')
    to_voc.add_argument(
        '--images',
        metavar='DIR',
        help='where the images are, if not where the lists say',
    )
    return parser


main = do_verb

if __name__ == '__main__':
    run_cli(make_parser(), main)
