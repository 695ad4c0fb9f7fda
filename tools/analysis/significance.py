"""Tells how sure a test's figures are, and if two tests differ by luck.

python tools/analysis/significance.py a/predictions.json b/predictions.json

Each file is what tools/test.py left in the folder of its run. With one file
there are intervals alone.
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import (
    add_page_argument,
    add_resampling_arguments,
)
from fer_yolo_mamba.cli.printing import progress_bar, publish
from fer_yolo_mamba.evaluation import MatchedClasses, Predictions
from fer_yolo_mamba.evaluation.significance import Comparison, Intervals
from fer_yolo_mamba.reports.significance import comparison_page, intervals_page


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'first', type=Path, metavar='PREDICTIONS.json', help='a test'
    )
    parser.add_argument(
        'second',
        type=Path,
        nargs='?',
        metavar='PREDICTIONS.json',
        help='another test on the same images',
    )
    add_resampling_arguments(parser)
    add_page_argument(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    """Prints the page, and writes it and its numbers."""
    first = Predictions.read(args.first)
    tests = {'first': str(args.first)}
    if args.second is None:
        with progress_bar('resampling') as progress:
            result = Intervals.of(
                MatchedClasses.of(first),
                resamples=args.resamples,
                seed=args.seed,
                progress=progress,
            )
        page = intervals_page(result, str(args.first))
    else:
        second = Predictions.read(args.second)
        tests['second'] = str(args.second)
        with progress_bar('resampling') as progress:
            result = Comparison.of(
                first, second, args.resamples, args.seed, progress
            )
        page = comparison_page(result, str(args.first), str(args.second))
    publish(
        page.to_markdown(),
        {**tests, **result.to_dict()},
        'significance',
        args.out,
    )


if __name__ == '__main__':
    run_cli(make_parser(), main)
