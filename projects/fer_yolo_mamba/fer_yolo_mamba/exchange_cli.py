"""What the tools share that convert a format from and to VOC sets."""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .convert_cli import add_set_arguments, convert
from .datasets.converters import ImageStream, VOCSet

Reader = Callable[[argparse.Namespace], ImageStream]
Writer = Callable[
    [VOCSet, str | os.PathLike, Sequence[str] | None], Sequence[Path]
]


def add_verbs(
    parser: argparse.ArgumentParser, read: Reader, write: Writer
) -> argparse.ArgumentParser:
    """Adds the verbs `import`, into a VOC set, and `export`, out of one.

    Args:
        parser: The tool's parser.
        read: Opens what the arguments of `import` name.
        write: `write_coco` for one; the files that it returns are printed.

    Returns:
        The parser of `import`, for the arguments that say what to read.
    """
    verbs = parser.add_subparsers(required=True)
    to_voc = verbs.add_parser('import', help='write a VOC set')
    to_voc.set_defaults(run=lambda args: convert(read(args), args))
    add_set_arguments(to_voc)
    from_voc = verbs.add_parser('export', help='read a VOC set')
    from_voc.set_defaults(run=lambda args: _export(write, args))
    _add_export_arguments(from_voc)
    return to_voc


def main(args: argparse.Namespace) -> None:
    """Does what the verb says."""
    args.run(args)


def add_split_file_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """Adds `--split NAME=FILE`, which may be repeated, as `splits`."""
    parser.add_argument(
        '--split',
        dest='splits',
        type=_split_file,
        action='append',
        required=True,
        metavar='NAME=FILE',
        help=f'{what} of a split, train=FILE for one; may be repeated',
    )


def _split_file(text: str) -> tuple[str, str]:
    name, _, path = text.partition('=')
    if not name or not path:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not of the form train=FILE'
        )
    return name, path


def _add_export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('voc_set', help='folder in VOC layout')
    parser.add_argument(
        '--out', required=True, metavar='DIR', help='folder of the result'
    )
    parser.add_argument(
        '--splits',
        nargs='+',
        metavar='NAME',
        help='splits to take (all)',
    )
    parser.add_argument(
        '--one-based',
        action='store_true',
        help='the set counts pixels from 1, as the original VOC does',
    )


def _export(write: Writer, args: argparse.Namespace) -> None:
    voc_set = VOCSet(args.voc_set, args.one_based)
    print(*write(voc_set, args.out, args.splits), sep='\n')
