"""Counts the parameters and operations of configs' networks.

python tools/analysis/get_flops.py configs/fer_yolo_mamba_rafdb.py
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from fer_yolo_mamba.apis import (
    Complexity,
    input_size,
    load_config,
    markdown_table,
    measure_complexity,
    run_cli,
)
from fer_yolo_mamba.atomic_write import write_atomically
from fer_yolo_mamba.errors import InputError

_HEADER = (
    'config',
    'input',
    'parameters',
    'thop: parameters',
    'thop: 2 × MACs',
    'FLOPs with scans',
    'of these scans',
)


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('configs', nargs='+', type=Path, metavar='CONFIG')
    parser.add_argument(
        '--size',
        nargs=2,
        type=int,
        metavar=('H', 'W'),
        help="height and width of the picture (the config's test size)",
    )
    parser.add_argument(
        '--out',
        type=Path,
        metavar='FILE',
        help='file to write as well, .md or .json',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Prints the table."""
    if args.out and args.out.suffix not in ('.md', '.json'):
        raise InputError(f'--out {args.out}: name a file .md or .json.')
    rows, records = [], []
    for path in args.configs:
        config = load_config(path)
        size = tuple(args.size or input_size(config))
        complexity = measure_complexity(config, size)
        rows.append(_row(path, size, complexity))
        records.append(
            dict(
                config=str(path),
                input=size,
                flops=complexity.flops,
                **asdict(complexity),
            )
        )
    table = markdown_table(_HEADER, rows)
    print(table)
    if args.out:
        is_json = args.out.suffix == '.json'
        text = json.dumps(records, indent=2) if is_json else table
        write_atomically(args.out, text + '\n')


def _row(
    path: Path, size: tuple[int, int], complexity: Complexity
) -> tuple[str, ...]:
    height, width = size
    return (
        path.stem,
        f'{height}×{width}',
        f'{complexity.parameters:,}',
        f'{complexity.thop_parameters:,}',
        _giga(complexity.thop_flops),
        _giga(complexity.flops),
        _giga(complexity.scan_flops),
    )


def _giga(flops: int) -> str:
    return f'{flops / 1e9:.3f} G'


if __name__ == '__main__':
    run_cli(make_parser(), main)
