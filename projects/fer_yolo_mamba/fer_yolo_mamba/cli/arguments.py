"""Arguments that several command-line tools take, and types of arguments."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from ..files import OutputPath

#: Seeds that Python, NumPy and torch all take.
MOST_SEED = 2**32 - 1


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Type of an argument that is a whole number in a range.

    >>> parser.add_argument('--seed', type=whole(0, MOST_SEED))

    Args:
        least: Smallest number that is taken.
        most: Largest one; any by default.
    """
    return _number(
        int, 'whole number', least, math.inf if most is None else most
    )


def real(least: float, most: float = math.inf) -> Callable[[str], float]:
    """Type of an argument that is a finite number in a range, as `whole`."""
    return _number(float, 'number', least, most)


def add_network_arguments(
    parser: argparse.ArgumentParser, *aliases: str
) -> None:
    """Adds ``--weights``, ``--device``, ``--score-thr``, of a `FERDetector`.

    Args:
        parser: The tool's parser.
        aliases: Other names of the first.
    """
    parser.add_argument(
        '--weights',
        *aliases,
        help='.safetensors or .onnx file, folder of a run, .pth file, or name '
        'of a model on Hugging Face (the ready weights)',
    )
    parser.add_argument('--device', help='cpu, cuda, cuda:1 ...')
    parser.add_argument(
        '--score-thr',
        type=real(0, 1),
        metavar='X',
        help="least score of a face (the weights file's, or 0.5)",
    )


def add_looking_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--sizes``, ``--half``, ``--batch-size``, ``--min-face``."""
    add_sizes_argument(parser)
    parser.add_argument(
        '--half', action='store_true', help='in half precision, on a GPU'
    )
    parser.add_argument(
        '--batch-size',
        type=whole(1, 1024),
        default=1,
        metavar='N',
        help='pictures that are looked at together (%(default)s)',
    )
    parser.add_argument(
        '--min-face',
        type=real(0),
        default=0,
        metavar='PIXELS',
        help='least width and height of a face (%(default)s)',
    )


def add_sizes_argument(parser: argparse.ArgumentParser) -> None:
    """Adds ``--sizes``, of a `FERDetector`."""
    parser.add_argument(
        '--sizes',
        type=real(0.05, 4),
        nargs='+',
        metavar='X',
        help="fractions of the network's input side in which each picture is "
        "looked at; 1 alone is the fastest (the weights file's)",
    )


def add_resources_arguments(
    parser: argparse.ArgumentParser, owner: str
) -> None:
    """Adds ``--cpus`` and ``--gpus``, of what Ray carries out.

    Args:
        parser: The tool's parser.
        owner: Who takes them, for the help.
    """
    parser.add_argument(
        '--cpus',
        type=whole(1),
        default=1,
        metavar='N',
        help=f'of {owner} (%(default)s)',
    )
    parser.add_argument(
        '--gpus',
        type=real(0),
        default=0,
        metavar='X',
        help=f'of {owner}, also a part of one (%(default)s)',
    )


def add_thresholds_argument(parser: argparse.ArgumentParser) -> None:
    """Adds what a tool takes that judges a test at validated thresholds."""
    parser.add_argument(
        '--thresholds',
        type=Path,
        metavar='PREDICTIONS.json',
        help='of a validation: judge the test also at the score of each class '
        'that was best there',
    )


def add_seed_argument(parser: argparse.ArgumentParser, effect: str) -> None:
    """Adds ``--seed``, 0 by default; `effect` says what it is good for."""
    parser.add_argument(
        '--seed',
        type=whole(0, MOST_SEED),
        default=0,
        metavar='N',
        help=f'{effect} (%(default)s)',
    )


def add_resampling_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--resamples`` and ``--seed``."""
    parser.add_argument(
        '--resamples',
        type=whole(1),
        default=10_000,
        metavar='N',
        help='bootstrap resamples to draw (%(default)s)',
    )
    add_seed_argument(parser, 'the same seed draws the same resamples')


def add_page_argument(parser: argparse.ArgumentParser) -> None:
    """Adds ``--out``, the folder of :func:`publish`."""
    parser.add_argument(
        '--out',
        type=OutputPath,
        metavar='DIR',
        help='folder for the page as Markdown and its numbers as JSON',
    )


def _number(kind: type, what: str, least: float, most: float) -> Callable:
    wanted = f'{what} of {least:g} or more'
    if most < math.inf:
        wanted = f'{what} from {least:g} to {most:.10g}'

    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = math.nan
        if not (least <= number <= most and number < math.inf):
            raise argparse.ArgumentTypeError(f'{text} is not a {wanted}')
        return number

    return parse
