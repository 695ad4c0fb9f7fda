"""Writes the paper's tables and figures from runs, ours beside its own.

python tools/paper.py work_dirs/comparison --out outputs/paper
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.studies.paper import write_paper

_COMPLEXITY = (
    Path(__file__).parents[1]
    / 'projects/fer_yolo_mamba/results/complexity/complexity.json'
)


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'runs_dir',
        type=Path,
        metavar='RUNS_DIR',
        help='--work-dir of tools/compare.py run',
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        required=True,
        metavar='DIR',
        help='folder to write paper.md and the files that it shows into',
    )
    parser.add_argument(
        '--complexity',
        type=Path,
        default=_COMPLEXITY,
        metavar='FILE',
        help='JSON of tools/analysis/get_flops.py, for Fig. 3 (that of '
        'results/complexity)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes everything and prints the page's path."""
    print(write_paper(args.runs_dir, args.out, args.complexity))


if __name__ == '__main__':
    run_cli(make_parser(), main)
