"""Compares the first losses of two processes with those of one.

python tools/analysis/two_processes.py configs/fer_yolo_mamba_demo.py \\
    configs/baselines/*_demo.py --out outputs/two_processes
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import whole
from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine.config import add_config_options, load_config
from fer_yolo_mamba.files import OutputPath, write_atomically
from fer_yolo_mamba.reports.page import markdown_table
from fer_yolo_mamba.studies.two_processes import (
    BATCH,
    compare_processes,
    greatest_difference,
    in_double_precision,
)


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('configs', nargs='+', type=Path, metavar='CONFIG')
    parser.add_argument(
        '--steps',
        type=whole(1),
        default=3,
        metavar='N',
        help=f'of {BATCH} pictures (%(default)s)',
    )
    parser.add_argument(
        '--double',
        action='store_true',
        help='in double precision: what is left is no rounding',
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        default='outputs/two_processes',
        metavar='DIR',
        help='folder of two_processes.md, faces and runs (%(default)s)',
    )
    add_config_options(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes and prints the table."""
    faces = args.out / 'faces'
    make_demo_set(faces, dict(train=BATCH * args.steps, val=1, test=1), 160)
    root = f'{faces}/'
    options = {
        **(args.cfg_options or {}),
        'train_dataloader.dataset.data_root': root,
        'val_dataloader.dataset.data_root': root,
        'test_dataloader.dataset.data_root': root,
    }
    configs = [
        load_config(path, options, args.out / path.stem)
        for path in args.configs
    ]
    steps = range(1, args.steps + 1)
    prepare = in_double_precision if args.double else None
    compared = compare_processes(configs, args.steps, prepare)
    rows = [
        (
            path.stem,
            f'{pairs[0][0]["loss"]:.6g}',
            *(f'{greatest_difference(*pair):.0e}' for pair in pairs),
        )
        for path, pairs in zip(args.configs, compared, strict=True)
    ]
    header = ('config', 'first loss', *(f'step {step}' for step in steps))
    table = markdown_table(header, rows)
    write_atomically(args.out / 'two_processes.md', table + '\n')
    print(table)


if __name__ == '__main__':
    run_cli(make_parser(), main)
