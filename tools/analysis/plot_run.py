"""Draws the losses and the validations of a training run.

python tools/analysis/plot_run.py work_dirs/fer_yolo_mamba_demo
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import OutputPath, write_atomically
from fer_yolo_mamba.visualization import figure_png, plot_run


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('work_dir', type=Path, help='folder of the run')
    parser.add_argument(
        '--out',
        type=OutputPath,
        metavar='FILE.png',
        help='picture to write (WORK_DIR/curve.png)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes the picture."""
    out = args.out or args.work_dir / 'curve.png'
    if out.suffix != '.png':
        raise InputError(f'--out {out}: name a file .png.')
    write_atomically(out, figure_png(plot_run(args.work_dir)))
    print(out)


if __name__ == '__main__':
    run_cli(make_parser(), main)
