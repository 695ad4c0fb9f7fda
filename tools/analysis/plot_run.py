"""Draws the losses and the validations of a training run.

python tools/analysis/plot_run.py work_dirs/fer_yolo_mamba_demo
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.apis import run_cli
from fer_yolo_mamba.visualization import plot_run


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('work_dir', type=Path, help='folder of the run')
    parser.add_argument(
        '--out',
        type=Path,
        metavar='FILE',
        help='picture to write (WORK_DIR/curve.png)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes the picture."""
    out = args.out or args.work_dir / 'curve.png'
    plot_run(args.work_dir).savefig(out, dpi=110)
    print(out)


if __name__ == '__main__':
    run_cli(make_parser(), main)
