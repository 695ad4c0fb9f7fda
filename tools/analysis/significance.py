"""Tells how sure a test's figures are, and if two tests differ by luck.

python tools/analysis/significance.py a/predictions.json b/predictions.json

Each file is what tools/test.py left in the folder of its run. With one file
there are intervals alone.
"""

import argparse
import json
from pathlib import Path

from fer_yolo_mamba.apis import progress_bar, run_cli
from fer_yolo_mamba.apis.significance import comparison_page, intervals_page
from fer_yolo_mamba.atomic_write import write_atomically
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import Predictions
from fer_yolo_mamba.evaluation.significance import Comparison, Intervals


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
    parser.add_argument(
        '--resamples',
        type=int,
        default=10_000,
        metavar='N',
        help='bootstrap resamples to draw (%(default)s)',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        metavar='N',
        help='the same seed draws the same resamples (%(default)s)',
    )
    parser.add_argument(
        '--out',
        type=Path,
        metavar='DIR',
        help='folder for significance.md and significance.json',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Prints the page, and writes it and its numbers."""
    if args.resamples < 1 or args.seed < 0:
        raise InputError(
            '--resamples and --seed: give at least one resample, and a seed '
            'that is not negative.'
        )
    first = Predictions.read(args.first)
    tests = {'first': str(args.first)}
    draws = (args.resamples, args.seed)
    if args.second is None:
        with progress_bar('resampling') as progress:
            result = Intervals.of(first, *draws, progress)
        page = intervals_page(result, str(args.first))
    else:
        second = Predictions.read(args.second)
        tests['second'] = str(args.second)
        with progress_bar('resampling') as progress:
            result = Comparison.of(first, second, *draws, progress)
        page = comparison_page(result, str(args.first), str(args.second))
    print(page, end='')
    if args.out:
        record = json.dumps({**tests, **result.to_dict()}, indent=2)
        write_atomically(args.out / 'significance.md', page)
        write_atomically(args.out / 'significance.json', record + '\n')


if __name__ == '__main__':
    run_cli(make_parser(), main)
