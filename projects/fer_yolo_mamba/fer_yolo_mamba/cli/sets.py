"""What tools share that write or read a set in VOC layout."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from ..datasets.converters import ImageStream, Transfer, VOCSet, write_voc_set
from ..datasets.images import FaceDetector
from ..errors import InputError
from ..expressions import CONTEMPT, EXPRESSIONS, check_classes
from ..files import OutputPath
from .arguments import real
from .printing import progress_bar


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
        type=OutputPath,
        default=out,
        required=out is None,
        metavar='DIR',
        help='folder of the set' + (' (%(default)s)' if out else ''),
    )
    transfer = parser.add_mutually_exclusive_group()
    copy = 'copy the images, where otherwise symbolic links are made'
    for option, choice, text in (
        ('--copy', Transfer.COPY, copy),
        ('--hard-link', Transfer.HARDLINK, 'make hard links to the images'),
    ):
        transfer.add_argument(
            option,
            dest='transfer',
            action='store_const',
            const=choice,
            default=Transfer.SYMLINK,
            help=text,
        )
    parser.add_argument(
        '--dry-run', action='store_true', help='only report; write no set'
    )


def add_classes_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--classes NAME …`, and `--contempt` for a common choice."""
    classes = parser.add_mutually_exclusive_group()
    classes.add_argument(
        '--classes',
        nargs='+',
        action=_ClassList,
        default=EXPRESSIONS,
        metavar='NAME',
        help=f'the classes, in their order ({" ".join(EXPRESSIONS)})',
    )
    classes.add_argument(
        '--contempt',
        dest='classes',
        action='store_const',
        const=(*EXPRESSIONS, CONTEMPT),
        help=f'{CONTEMPT} as an eighth class',
    )


def add_detector_arguments(
    parser: argparse.ArgumentParser, otherwise: str
) -> None:
    """Adds `--detector` and `--min-score`.

    Args:
        parser: The tool's parser.
        otherwise: What the box is without a detector.
    """
    parser.add_argument(
        '--detector',
        metavar='ONNX',
        help=f"model of OpenCV's FaceDetectorYN (the box is {otherwise})",
    )
    parser.add_argument(
        '--min-score',
        type=real(0, 1),
        default=0.7,
        help='least score of a detected face (%(default)s)',
    )


def detector_of(
    args: argparse.Namespace,
) -> tuple[FaceDetector | None, dict[str, object]]:
    """The face detector, and the arguments that made it; or None and none."""
    if not args.detector:
        return None, {}
    return (
        FaceDetector(args.detector, args.min_score),
        {'detector': args.detector, 'min_score': args.min_score},
    )


def convert(stream: ImageStream, args: argparse.Namespace) -> None:
    """Writes a VOC set as `add_set_arguments` says and prints the report."""
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
        print(f"{args.out} is ready: data_root='{args.out.as_posix()}/'")


def add_exchange_verbs(
    parser: argparse.ArgumentParser,
    read: Callable[[argparse.Namespace], ImageStream],
    write: Callable[[VOCSet, Path, Sequence[str] | None], Sequence[Path]],
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
    to_voc.set_defaults(verb=lambda args: convert(read(args), args))
    add_classes_arguments(to_voc)
    add_set_arguments(to_voc)

    def export(args: argparse.Namespace) -> None:
        voc_set = VOCSet(args.voc_set, args.one_based, args.classes)
        print(*write(voc_set, args.out, args.splits), sep='\n')

    from_voc = verbs.add_parser('export', help='read a VOC set')
    from_voc.set_defaults(verb=export)
    from_voc.add_argument('voc_set', help='folder in VOC layout')
    from_voc.add_argument(
        '--out',
        type=OutputPath,
        required=True,
        metavar='DIR',
        help='folder of the result',
    )
    from_voc.add_argument(
        '--splits', nargs='+', metavar='NAME', help='splits to take (all)'
    )
    add_classes_arguments(from_voc)
    from_voc.add_argument(
        '--one-based',
        action='store_true',
        help='the set counts pixels from 1, as the original VOC does',
    )
    return to_voc


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


class _ClassList(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None) -> None:
        try:
            setattr(namespace, self.dest, check_classes(values))
        except InputError as error:
            raise argparse.ArgumentError(self, str(error)) from None


def _split_file(text: str) -> tuple[str, str]:
    name, _, path = text.partition('=')
    if not name or not path:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not of the form train=FILE'
        )
    return name, path
