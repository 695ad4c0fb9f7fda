"""What a part of the benchmark is, and the arguments that parts share.

Arguments are settings of ``add_argument`` by their flag.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..arguments import whole

T = TypeVar('T')
Args = argparse.Namespace
Arguments = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """A part of the benchmark.

    Attributes:
        name: Its verb, and that of its files.
        help: What it measures.
        measure: Measures what the parsed arguments say; the report has
            ``to_markdown`` and ``to_dict``.
        arguments: Its own.
    """

    name: str
    help: str
    measure: Callable[[Args], Any]
    arguments: Arguments


def told(results: Iterable[T]) -> tuple[T, ...]:
    """The results, each after a line that tells who waits how far it is."""

    def tell(result: T) -> T:
        print(result, file=sys.stderr, flush=True)
        return result

    return tuple(map(tell, results))


def side(text: str) -> int:
    """Type of the side of a picture that every network takes, in pixels."""
    pixels = whole(1)(text)
    if pixels % 32:
        raise argparse.ArgumentTypeError(f'{text} is not a multiple of 32')
    return pixels


def number(flag: str, default: int, text: str) -> Arguments:
    """How many of something."""
    help = f'{text} (%(default)s)'
    return {flag: dict(type=whole(1), default=default, metavar='N', help=help)}


def numbers(
    flag: str,
    default: tuple[int, ...],
    text: str,
    type: Callable[[str], int],
    nargs: int | str = '+',
) -> Arguments:
    """Several numbers of something."""
    help = f'{text} ({" ".join(map(str, default))})'
    settings = dict(nargs=nargs, type=type, default=default, metavar='N')
    return {flag: settings | dict(help=help)}


def sides(*default: int) -> Arguments:
    """Sides of pictures that every network takes."""
    return numbers('--sides', default, 'sides of the pictures in pixels', side)


DEVICE = {
    '--device': dict(
        choices=['cpu', 'cuda'],
        default='cpu',
        help='where to measure (%(default)s)',
    )
}
CONFIG = {
    '--config': dict(
        default='configs/fer_yolo_mamba_rafdb.py',
        help='config of the network (FER-YOLO-Mamba)',
    )
}
CONFIGS = CONFIG | {
    '--against': dict(
        default='configs/baselines/yolox_s_rafdb.py',
        help='config of the other network (YOLOX-s)',
    )
}
WEIGHTS = {
    '--weights': dict(help='as of fer-yolo-mamba predict (the ready weights)')
}
