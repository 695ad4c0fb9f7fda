"""Measures predict-many: its speed beside predict, kills, many workers.

python tools/analysis/scale.py --out outputs/scale
"""

import argparse
import platform
import tempfile
import time
from pathlib import Path

import pyarrow.dataset
from tabulate import tabulate

from fer_yolo_mamba.apis.many.run import TABLES, Workers, map_items
from fer_yolo_mamba.cli import (
    MOST_SEED,
    add_page_argument,
    publish,
    run_cli,
    whole,
)
from fer_yolo_mamba.studies.scale import (
    kill_often,
    make_pictures,
    measure_throughput,
    simulate,
)

_WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
_SIZES = (16, 256, 4096)  # of shards
_EMPTY = 300  # shards


class Nothing:
    """A worker that does nothing: what remains is Ray."""

    def __call__(self, batch: dict) -> dict:
        """Hands on its item."""
        return dict(item=batch['item'])


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--pictures',
        type=whole(100),
        default=10_000,
        metavar='N',
        help='generated ones; one in a thousand is broken (%(default)s)',
    )
    parser.add_argument(
        '--kills',
        type=whole(0),
        default=10,
        metavar='N',
        help='of a run over 200 of them (%(default)s)',
    )
    parser.add_argument('--weights', help='a weights file (the ready weights)')
    parser.add_argument(
        '--seed',
        type=whole(0, MOST_SEED),
        default=0,
        metavar='N',
        help='of pictures and of the kills (%(default)s)',
    )
    add_page_argument(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    """Measures; prints and writes a page."""
    arguments = ['--weights', args.weights] if args.weights else []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make_pictures(place / 'album', args.pictures, args.seed)
        rates = measure_throughput(place / 'album', place, arguments)
        _, errors = _rows(place / 'many')
        make_pictures(place / 'few', 200, args.seed, broken_each=100)
        small = ['--shard-size', '5', *arguments]
        at_kills = kill_often(
            place / 'few', place / 'killed', small, args.kills, args.seed
        )
        kill_often(place / 'few', place / 'whole', small, 0, args.seed)
        same = _rows(place / 'killed') == _rows(place / 'whole')
        started = time.perf_counter()
        marks = [
            time.perf_counter() - started
            for _ in map_items(Nothing, (), range(_EMPTY), Workers())
        ]
    # From the first, without the start.
    dispatch = (marks[-1] - marks[0]) / (len(marks) - 1)
    a_core = 2 / rates['predict-many']
    curve = [
        [
            workers,
            *(
                size
                * simulate([size * a_core], dispatch, workers, 20 * workers)
                for size in _SIZES
            ),
        ]
        for workers in _WORKERS
    ]
    record = dict(
        machine=platform.processor() or platform.machine(),
        pictures=args.pictures,
        rates=rates,
        errors=errors,
        tables_at_kills=at_kills,
        same_rows_after_kills=same,
        seconds_a_shard_of_ray=dispatch,
        curve=curve,
    )
    publish(_page(record), record, 'scale', args.out)


def _rows(out: Path) -> tuple[list[tuple], int]:
    """All rows in a fixed order, and how many of them are errors."""
    rows = pyarrow.dataset.dataset(out / TABLES).to_table().to_pylist()
    values = sorted(tuple(map(str, row.values())) for row in rows)
    return values, sum(row['error'] is not None for row in rows)


def _page(record: dict) -> str:
    rates = record['rates']
    share = rates['predict-many'] / rates['predict']
    same = 'the same rows' if record['same_rows_after_kills'] else 'OTHER ROWS'
    sizes = [f'shards of {size}' for size in _SIZES]
    return '\n'.join(
        [
            '# predict-many',
            '',
            f'{record["pictures"]} pictures: predict {rates["predict"]:.1f} a '
            f'second, predict-many {rates["predict-many"]:.1f} ({share:.2f}), '
            f'start included {rates["predict seconds"]:.0f} s and '
            f'{rates["predict-many seconds"]:.0f} s; '
            f'{record["errors"]} rows of errors.',
            '',
            f'Killed {len(record["tables_at_kills"])} times, with '
            f'{record["tables_at_kills"]} of 40 tables written: {same} as '
            'without.',
            '',
            f'Ray takes {1000 * record["seconds_a_shard_of_ray"]:.1f} ms a '
            'shard. Pictures a second of so many workers, simulated:',
            '',
            tabulate(
                record['curve'], ['workers', *sizes], 'github', floatfmt='.0f'
            ),
            '',
        ]
    )


if __name__ == '__main__':
    run_cli(make_parser(), main)
