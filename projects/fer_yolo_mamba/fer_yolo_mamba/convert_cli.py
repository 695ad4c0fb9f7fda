"""What the data set converters share on the command line."""

import argparse
from pathlib import Path

from .datasets.converters import ImageStream, Transfer, write_voc_set
from .progress_bar import progress_bar


def add_set_arguments(
    parser: argparse.ArgumentParser, out: str | None = None
) -> None:
    """Adds what every tool takes that writes a VOC set.

    Args:
        parser: The tool's parser.
        out: Default folder of the set; without it, one has to be given.
    """
    parser.add_argument(
        '--out',
        default=out,
        required=out is None,
        metavar='DIR',
        help='folder of the set' + (' (%(default)s)' if out else ''),
    )
    transfer = parser.add_mutually_exclusive_group()
    transfer.add_argument(
        '--copy',
        dest='transfer',
        action='store_const',
        const=Transfer.COPY,
        default=Transfer.SYMLINK,
        help='copy the images, where otherwise symbolic links are made',
    )
    transfer.add_argument(
        '--hard-link',
        dest='transfer',
        action='store_const',
        const=Transfer.HARDLINK,
        help='make hard links to the images',
    )
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help='only report; write nothing',
    )


def convert(stream: ImageStream, args: argparse.Namespace) -> None:
    """Writes a VOC set and prints the report.

    Args:
        stream: What a reader returned.
        args: What `add_set_arguments` added.

    Raises:
        InputError: See `write_voc_set`.
    """
    with progress_bar('converting') as progress:
        report = write_voc_set(
            stream,
            args.out,
            transfer=args.transfer,
            dry_run=args.dry_run,
            progress=progress,
        )
    print(report)
    if args.dry_run:
        print(f'dry run: nothing was written to {args.out}')
    else:
        print(f"{args.out} is ready: data_root='{Path(args.out).as_posix()}/'")
