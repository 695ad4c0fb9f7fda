"""Draws the report of a test again from its dumped predictions.

python tools/analysis/plot_test.py \\
    work_dirs/fer_yolo_mamba_demo/predictions.json --score-thr 0.3
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_thresholds_argument, real
from fer_yolo_mamba.evaluation import MatchedClasses, Predictions
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.reports.evaluation import write_test_report


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'predictions', type=Path, help='predictions.json of a test'
    )
    parser.add_argument(
        '--iou-thr',
        type=real(0, 1),
        default=0.5,
        metavar='IOU',
        help='least IoU of a match (%(default)s)',
    )
    parser.add_argument(
        '--score-thr',
        type=real(0, 1),
        default=0.5,
        metavar='SCORE',
        help='least score for precision, recall and F1 (%(default)s)',
    )
    add_thresholds_argument(parser)
    parser.add_argument(
        '--out',
        type=OutputPath,
        metavar='DIR',
        help='folder of the report (report/ beside the predictions)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes the report and prints its table."""
    out = args.out or args.predictions.parent / 'report'
    analysis = write_test_report(
        MatchedClasses.of(Predictions.read(args.predictions), args.iou_thr),
        out,
        args.score_thr,
        args.thresholds and Predictions.read(args.thresholds),
    )
    print(analysis.report)
    print(out / 'report.md')


if __name__ == '__main__':
    run_cli(make_parser(), main)
