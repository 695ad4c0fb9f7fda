"""What the tools that resample have in common."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from .errors import InputError
from .files import json_text, write_atomically


def add_resampling_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--resamples``, ``--seed`` and ``--out``."""
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
        help='folder for the page as Markdown and its numbers as JSON',
    )


def draws(args: argparse.Namespace) -> tuple[int, int]:
    """Number of resamples, and seed.

    Raises:
        InputError: One of them cannot be.
    """
    if args.resamples < 1 or args.seed < 0:
        raise InputError(
            '--resamples and --seed: give at least one resample, and a seed '
            'that is not negative.'
        )
    return args.resamples, args.seed


def publish(page: str, record: Mapping, stem: str, out: Path | None) -> None:
    """Prints a page; writes it and its numbers as ``<stem>.md``, ``.json``."""
    print(page, end='')
    if out:
        write_atomically(out / f'{stem}.md', page)
        write_atomically(out / f'{stem}.json', json_text(record))
