"""The parts of tools/analysis/benchmark.py, each of which is a verb."""

import argparse
from functools import partial

import torch

from ...errors import InputError
from ...files import OutputPath, write_atomically
from ...studies.benchmark.report import Report, draw_report
from ...visualization import figure_png
from ..printing import publish
from . import data, deploy, in_use, networks, scan
from .part import Part

PARTS: tuple[Part, ...] = (
    *(scan.SCAN, networks.INFERENCE, networks.TRAINING, networks.ASSIGNMENT),
    *(networks.GROWTH, data.EVALUATION, data.LOADER),
    *(in_use.PREDICTION, in_use.MEMORY, deploy.DEPLOY),
)


def add_parts(parser: argparse.ArgumentParser) -> None:
    """Adds the parts, whose reports are printed and go to ``--out``."""
    verbs = parser.add_subparsers(required=True, metavar='PART')
    for part in PARTS:
        verb = verbs.add_parser(
            part.name, help=part.help, description=f'Measures {part.help}'
        )
        verb.set_defaults(verb=partial(_publish, part))
        for flag, settings in part.arguments.items():
            verb.add_argument(flag, **settings)
        verb.add_argument(
            '--out',
            type=OutputPath,
            metavar='DIR',
            help=f'folder for {part.name}.*',
        )


def _publish(part: Part, args: argparse.Namespace) -> None:
    try:
        report = part.measure(args)
    except torch.cuda.OutOfMemoryError as error:
        raise InputError(
            'the GPU has too little memory: choose a smaller --batch.'
        ) from error
    publish(report.to_markdown(), report.to_dict(), part.name, args.out)
    if args.out and isinstance(report, Report) and report.is_drawable:
        picture = figure_png(draw_report(report))
        write_atomically(args.out / f'{part.name}.png', picture)
