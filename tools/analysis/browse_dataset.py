"""Shows annotated faces before and after the training pipeline, in pairs.

python tools/analysis/browse_dataset.py configs/fer_yolo_mamba_demo.py
"""

import argparse
from itertools import chain, islice
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_seed_argument, whole
from fer_yolo_mamba.engine.config import add_config_arguments, load_config
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.visualization import contact_sheet, write_image
from fer_yolo_mamba.visualization.ground_truth import Split, ground_truth_pairs

_PAIRS_IN_A_ROW = 3
_PAIRS_ON_A_SHEET = 12


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_config_arguments(parser)
    parser.add_argument(
        '--split',
        type=Split,
        default=Split.TRAIN,
        metavar='|'.join(split.value for split in Split),
        help='data set of the config to show (train)',
    )
    parser.add_argument(
        '--count',
        type=whole(1),
        default=_PAIRS_ON_A_SHEET,
        metavar='N',
        help='number of images, drawn by lot (%(default)s)',
    )
    add_seed_argument(parser, 'another seed shows other images')
    parser.add_argument(
        '--out',
        type=OutputPath,
        metavar='DIR',
        help='folder of the sheets (outputs/browse_<name of the config>)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes a sheet for each dozen images."""
    out = args.out or Path('outputs') / f'browse_{Path(args.config).stem}'
    config = load_config(args.config, args.cfg_options)
    pairs = ground_truth_pairs(config, args.split, args.count, args.seed)
    number = 0
    while sheet := list(islice(pairs, _PAIRS_ON_A_SHEET)):
        number += 1
        path = out / f'{args.split.value}_{number:02d}.jpg'
        columns = 2 * min(_PAIRS_IN_A_ROW, len(sheet))
        write_image(path, contact_sheet(list(chain(*sheet)), columns))
        print(path)


if __name__ == '__main__':
    run_cli(make_parser(), main)
