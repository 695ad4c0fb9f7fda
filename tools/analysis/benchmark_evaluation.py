"""Measures how long it takes to evaluate a test, and how much memory.

python tools/analysis/benchmark_evaluation.py --images 3068 --detections 100
"""

import argparse
import logging

import torch

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.compat.environment import Environment
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.reports.page import markdown_table
from fer_yolo_mamba.studies.benchmark import Unit
from fer_yolo_mamba.studies.benchmark.evaluations import (
    metric_memory,
    time_evaluations,
)


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default, text in (
        ('--images', 3068, 'images of the test'),
        ('--detections', 100, 'detections in each'),
        ('--rounds', 5, 'turns of each evaluation'),
        ('--many-images', 100_000, 'images of a test whose memory is measured'),
    ):
        parser.add_argument(
            name,
            type=int,
            default=default,
            metavar='N',
            help=f'{text} (%(default)s)',
        )
    return parser


def main(args: argparse.Namespace) -> None:
    """Prints a table of times and the peak of memory."""
    if min(args.images, args.rounds, args.many_images) < 1:
        raise InputError(
            '--images, --rounds and --many-images: give at least one.'
        )
    logging.disable()  # of the tables that the metric logs
    print(f'{Environment.of(torch.device("cpu"))}\n')
    times = time_evaluations(args.images, args.detections, args.rounds)
    size = f'{args.images:,} images with {args.detections} detections'
    print(
        markdown_table(
            (size, 'time', '10th to 90th percentile'),
            [
                (
                    name,
                    Unit.SECOND.text(series.median),
                    ' to '.join(map(Unit.SECOND.text, series.spread)),
                )
                for name, series in times.items()
            ],
        )
    )
    peak = metric_memory(args.many_images, args.detections)
    print(
        f'\nPeak of memory of the metric on {args.many_images:,} images with '
        f'{args.detections} detections: {Unit.BYTE.text(peak)}'
    )


if __name__ == '__main__':
    run_cli(make_parser(), main)
