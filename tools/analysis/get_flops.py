r"""Counts the parameters and operations of configs' networks.

python tools/analysis/get_flops.py configs/fer_yolo_mamba_rafdb.py
python tools/analysis/get_flops.py configs/fer_yolo_mamba_rafdb.py \
    configs/baselines/*_rafdb.py --out complexity.md complexity.png
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from mmengine.config import Config

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import whole
from fer_yolo_mamba.engine.config import TestPipeline, load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import OutputPath, json_text, write_atomically
from fer_yolo_mamba.reports.page import markdown_table
from fer_yolo_mamba.studies.complexity import Complexity, measure_complexity
from fer_yolo_mamba.visualization import draw_complexity, figure_png

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
        type=whole(1, 4096),
        metavar=('H', 'W'),
        help="height and width of the picture (the config's test size)",
    )
    parser.add_argument(
        '--out',
        nargs='+',
        type=OutputPath,
        default=[],
        metavar='FILE',
        help='files to write as well: .md, .json, or .png for a picture of '
        "the paper's Fig. 3",
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Prints the table."""
    for out in args.out:
        if out.suffix not in _WRITERS:
            raise InputError(f'--out {out}: name a file .md, .json or .png.')
    records = []
    for path in args.configs:
        config = load_config(path)
        size = tuple(args.size or input_size(config))
        records.append((path, size, measure_complexity(config, size)))
    print(_to_markdown(records), end='')
    for out in args.out:
        write_atomically(out, _WRITERS[out.suffix](records))


def input_size(config: Config) -> tuple[int, int]:
    """Height and width to which a config's test pipeline scales a picture.

    Raises:
        InputError: Nothing there says it.
    """
    try:
        return TestPipeline.of(config).size
    except InputError as error:
        raise InputError(f'{error} Or name the size with --size.') from None


_Record = tuple[Path, tuple[int, int], Complexity]


def _to_markdown(records: list[_Record]) -> str:
    return markdown_table(_HEADER, map(_row, records)) + '\n'


def _to_json(records: list[_Record]) -> str:
    content = [
        dict(
            config=str(path),
            input=size,
            flops=complexity.flops,
            **asdict(complexity),
        )
        for path, size, complexity in records
    ]
    return json_text(content)


def _to_png(records: list[_Record]) -> bytes:
    points = {
        path.stem: (complexity.thop_parameters, complexity.thop_flops)
        for path, _, complexity in records
    }
    return figure_png(draw_complexity(points))


_WRITERS = {'.md': _to_markdown, '.json': _to_json, '.png': _to_png}


def _row(record: _Record) -> tuple[str, ...]:
    path, (height, width), complexity = record
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
