"""A table of methods that were tested on the same pictures.

    python tools/analysis/method_table.py measure b/predictions.json \\
        --training b.json --against a/predictions.json --out rows/b.json
    python tools/analysis/method_table.py table rows/*.json --reference A

The first makes a small file of a test, a row; the second the table of rows.
"""

import argparse
from dataclasses import fields
from pathlib import Path

from fer_yolo_mamba.cli import do_verb, run_cli
from fer_yolo_mamba.cli.arguments import add_resampling_arguments
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import Predictions
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.inputs import parse_json, read_text
from fer_yolo_mamba.studies.method_rows import (
    MethodRow,
    Training,
    methods_table,
)

_FACTS = [field.name for field in fields(Training) if field.name != 'clock']


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments: a verb, and what it takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(metavar='VERB', required=True)
    row = verbs.add_parser('measure', help='write the row of a test')
    row.set_defaults(verb=measure)
    row.add_argument(
        'predictions',
        type=Path,
        metavar='PREDICTIONS.json',
        help='what tools/test.py left in the folder of its run',
    )
    row.add_argument(
        '--training',
        type=Path,
        required=True,
        metavar='FILE.json',
        help='how the detector was trained: ' + ', '.join(_FACTS),
    )
    row.add_argument(
        '--against',
        type=Path,
        metavar='PREDICTIONS.json',
        help='the test that all are compared with',
    )
    row.add_argument(
        '--out',
        type=OutputPath,
        required=True,
        metavar='ROW.json',
        help='the row',
    )
    add_resampling_arguments(row)
    table = verbs.add_parser('table', help='print the table of rows')
    table.set_defaults(verb=print_table)
    table.add_argument('rows', nargs='+', type=Path, metavar='ROW.json')
    table.add_argument(
        '--reference',
        default='FER-YOLO-Mamba',
        metavar='NAME',
        help='what the method is called that all are compared with '
        '(%(default)s)',
    )
    return parser


def measure(args: argparse.Namespace) -> None:
    """Writes the row of a test."""
    try:
        facts = parse_json(read_text(args.training, 'name another file.'))
        training = Training(**facts)
    except (LookupError, TypeError, ValueError) as error:
        raise InputError(
            f'{args.training} does not say how the detector was trained; it '
            f'needs {", ".join(_FACTS)}.'
        ) from error
    reference = args.against and Predictions.read(args.against)
    row = MethodRow.of(
        training,
        Predictions.read(args.predictions),
        reference,
        args.resamples,
        args.seed,
    )
    row.write(args.out)
    print(args.out)


def print_table(args: argparse.Namespace) -> None:
    """Prints the table."""
    rows = [MethodRow.read(path) for path in args.rows]
    print(methods_table(rows, args.reference))


main = do_verb

if __name__ == '__main__':
    run_cli(make_parser(), main)
