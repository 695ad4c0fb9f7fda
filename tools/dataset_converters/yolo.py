"""Turns a set in YOLO layout into a VOC set, and back.

python tools/dataset_converters/yolo.py import faces/data.yaml --out data/mine
python tools/dataset_converters/yolo.py export data/mine --out yolo
"""

import argparse

from fer_yolo_mamba.cli import do_verb, run_cli
from fer_yolo_mamba.cli.sets import add_exchange_verbs
from fer_yolo_mamba.datasets.converters import read_yolo, write_yolo


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    to_voc = add_exchange_verbs(
        parser,
        lambda args: read_yolo(args.description, args.classes),
        write_yolo,
    )
    to_voc.add_argument(
        'description', help='data.yaml, or classes.txt beside the images'
    )
    return parser


main = do_verb

if __name__ == '__main__':
    run_cli(make_parser(), main)
