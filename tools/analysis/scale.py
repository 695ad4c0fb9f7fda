"""Measures predict-many: its speed beside predict, memory, kills, many workers.

python tools/analysis/scale.py --out outputs/scale
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow.dataset

from fer_yolo_mamba.apis.many.cluster import Workers
from fer_yolo_mamba.apis.many.listing import count_shards, write_listing
from fer_yolo_mamba.apis.many.run import map_items
from fer_yolo_mamba.apis.many.shards import LISTING, TABLES, ShardDetector
from fer_yolo_mamba.apis.weights import find_weights
from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import (
    add_page_argument,
    add_seed_argument,
    add_sizes_argument,
    real,
    whole,
)
from fer_yolo_mamba.cli.printing import publish
from fer_yolo_mamba.files import sha256_of
from fer_yolo_mamba.reports.page import markdown_table
from fer_yolo_mamba.studies.scale import (
    Run,
    kill_often,
    make_pictures,
    run_predict,
    run_predict_many,
    simulate,
)

_WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
_SIZES = (16, 256, 4096)  # of shards
_SHARD = 64  # pictures of a shard that is timed
_EMPTY = 300  # shards
_NAMES = ('predict', 'predict-many')


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
        type=whole(200),
        default=10_000,
        metavar='N',
        help='generated ones, of which a fifth is for both commands; one in '
        'a thousand is broken (%(default)s)',
    )
    parser.add_argument(
        '--rounds',
        type=whole(1),
        default=2,
        metavar='N',
        help='in each, both commands in turn (%(default)s)',
    )
    parser.add_argument(
        '--kills',
        type=whole(0),
        default=10,
        metavar='N',
        help='of a run over 200 of them (%(default)s)',
    )
    parser.add_argument('--weights', help='a weights file (the ready weights)')
    add_sizes_argument(parser)
    parser.add_argument(
        '--core-hour',
        type=real(0),
        default=0.05,
        metavar='PRICE',
        help='of a rented core, for what a million pictures cost (%(default)s)',
    )
    add_seed_argument(parser, 'of pictures and of the kills')
    add_page_argument(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    """Measures; prints and writes a page."""
    arguments = ['--weights', args.weights] if args.weights else []
    if args.sizes:
        arguments += ['--sizes', *map(str, args.sizes)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        album, part = place / 'album', place / 'part'
        make_pictures(album, args.pictures, args.seed)
        make_pictures(part, args.pictures // 5, args.seed)
        rounds = []
        for number in range(args.rounds):
            out = place / f'many{number}'
            rounds.append(
                (
                    run_predict(part, place, arguments),
                    run_predict_many(part, out, arguments, _SHARD),
                )
            )
        all_of_them = run_predict_many(album, place / 'many', arguments, _SHARD)
        rows = _rows(place / 'many')
        make_pictures(place / 'few', 200, args.seed, broken_each=100)
        small = ['--shard-size', '5', *arguments]
        at_kills = kill_often(
            place / 'few', place / 'killed', small, args.kills, args.seed
        )
        kill_often(place / 'few', place / 'whole', small, 0, args.seed)
        same = _rows(place / 'killed') == _rows(place / 'whole')
        tasks = _task_seconds(place / 'few', place / 'timed', args)
    dispatch = _seconds_of_ray()
    record = dict(
        pictures=args.pictures,
        arguments=arguments,
        rounds=[[asdict(run) for run in pair] for pair in rounds],
        whole=asdict(all_of_them),
        sources=len({row['source'] for row in rows}),
        errors=sum(row['error'] is not None for row in rows),
        tables_at_kills=at_kills,
        same_rows_after_kills=same,
        seconds_a_picture_of_a_worker=tasks,
        seconds_a_shard_of_ray=dispatch,
        core_hour=args.core_hour,
        curve=[
            [
                workers,
                *(_simulated(tasks, dispatch, workers, x) for x in _SIZES),
            ]
            for workers in _WORKERS
        ],
    )
    publish(_page(record, rounds, all_of_them), record, 'scale', args.out)


def _rows(out: Path) -> list[dict]:
    """All rows in a fixed order."""
    rows = pyarrow.dataset.dataset(out / TABLES).to_table().to_pylist()
    return sorted(rows, key=lambda row: (row['source'], str(row['x1'])))


def _task_seconds(
    album: Path, out: Path, args: argparse.Namespace
) -> list[float]:
    """Seconds a picture, of shards that Ray's workers do."""
    write_listing(out / LISTING, [str(album)], None, 10)
    weights = find_weights(args.weights)
    options = dict(weights=str(weights), device='cpu', sizes=args.sizes)
    arguments = (out, None, options, sha256_of(weights))
    shards = range(count_shards(out / LISTING))
    done = map_items(ShardDetector, arguments, shards, Workers())
    return [row['seconds'] / row['pictures'] for row in done]


def _seconds_of_ray() -> float:
    """What Ray takes for a shard, from the first on, without its start."""
    marks = [
        time.perf_counter()
        for _ in map_items(Nothing, (), range(_EMPTY), Workers())
    ]
    return (marks[-1] - marks[0]) / (len(marks) - 1)


def _simulated(
    tasks: Sequence[float], dispatch: float, workers: int, size: int
) -> float:
    """Pictures a second of so many workers."""
    seconds = [size * each for each in tasks]
    return size * simulate(seconds, dispatch, workers, 20 * workers)


def _page(record: dict, rounds: Sequence[tuple[Run, Run]], whole: Run) -> str:
    pictures = record['pictures']
    ratios = [many.rate / one.rate for one, many in rounds]
    of_processor = [one.processor / many.processor for one, many in rounds]
    memory = whole.memory
    quarters = [
        statistics.mean(memory[i * len(memory) // 4 :][: len(memory) // 4])
        for i in range(4)
    ]
    a_picture = statistics.mean(record['seconds_a_picture_of_a_worker'])
    hours = 1e6 * a_picture / 3600
    same = 'the same rows' if record['same_rows_after_kills'] else 'OTHER ROWS'
    kills = record['tables_at_kills']
    return '\n'.join(
        [
            f'# predict-many {" ".join(record["arguments"])}'.rstrip(),
            '',
            f'{pictures // 5} pictures through both commands, in turn, and '
            f'{pictures} through predict-many; the rate is without the start, '
            'all else from start to end:',
            '',
            markdown_table(
                ['', 'pictures/s', 'seconds', "processor's", 'most MiB'],
                [
                    *(
                        _row(f'{name} {number}', run)
                        for number, pair in enumerate(rounds, 1)
                        for name, run in zip(_NAMES, pair, strict=True)
                    ),
                    _row(f'predict-many, {pictures}', whole),
                ],
            ),
            '',
            f'Speed beside predict: {_spread(ratios)}; the same of processor '
            f"time: {_spread(of_processor)}. predict-many's memory in the "
            'quarters of its time: '
            f'{", ".join(f"{x:.0f}" for x in quarters)} MiB. '
            f'Rows name {record["sources"]} pictures, {record["errors"]} of '
            'them by an error.',
            '',
            f'Killed {len(kills)} times, with {kills} of 40 tables written: '
            f'{same} as without.',
            '',
            f'A worker of one core takes {1000 * a_picture:.1f} ms a picture '
            f'({1 / a_picture:.1f} pictures/s): a million are {hours:.1f} '
            f'hours of a core, {hours * record["core_hour"]:.2f} at '
            f'{record["core_hour"]:g} an hour.',
            '',
            f'Ray takes {1000 * record["seconds_a_shard_of_ray"]:.1f} ms a '
            'shard. Pictures a second of so many workers, simulated:',
            '',
            markdown_table(
                ['workers', *(f'shards of {size}' for size in _SIZES)],
                [[f'{x:.0f}' for x in row] for row in record['curve']],
            ),
            '',
        ]
    )


def _row(name: str, run: Run) -> list[str]:
    return [
        name,
        f'{run.rate:.1f}',
        f'{run.seconds:.0f}',
        f'{run.processor:.0f}',
        f'{max(run.memory):.0f}',
    ]


def _spread(ratios: Sequence[float]) -> str:
    return (
        f'{statistics.median(ratios):.2f} '
        f'({min(ratios):.2f} to {max(ratios):.2f})'
    )


if __name__ == '__main__':
    run_cli(make_parser(), main)
