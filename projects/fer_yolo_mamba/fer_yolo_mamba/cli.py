"""How the command-line tools start, what they share and how they fail."""

import argparse
import io
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from .datasets.converters import ImageStream, Transfer, VOCSet, write_voc_set
from .datasets.images import FaceDetector
from .errors import InputError
from .expressions import CONTEMPT, EXPRESSIONS, check_classes
from .files import (
    declare_input,
    inputs_kept,
    write_atomically,
    write_json,
)

#: Seeds that Python, NumPy and torch all take.
MOST_SEED = 2**32 - 1

# Arguments that name what a tool writes; every other file is an input.
_OUTPUTS = ('out', 'work_dir', 'dump', 'sheet', 'show_dir')


def run_cli(
    parser: argparse.ArgumentParser,
    main: Callable[[argparse.Namespace], None],
    argv: Sequence[str] | None = None,
) -> None:
    """Parses the arguments and calls ``main`` with them.

    A fault of the input, or a file that the system refuses, ends the process
    with one line on standard error and status 2; ``--debug`` shows the
    traceback instead. An interrupt ends it with status 130. No file that an
    argument names as an input is written over (see `files`).

    Args:
        parser: Parser of the tool's own arguments.
        main: The tool.
        argv: Arguments; those of the process by default.
    """
    parser.add_argument(
        '--debug',
        action='store_true',
        help='show the traceback of an error in the input',
    )
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files need not be text.
        sys.stdout.reconfigure(errors='backslashreplace')
    args = _parse(parser, argv)
    try:
        with inputs_kept():
            for name, value in vars(args).items():
                if name not in _OUTPUTS:
                    _declare_files(value)
            main(args)
    except (InputError, OSError) as error:
        message = _one_line(error)
        if args.debug or message is None:
            raise
        print(f'error: {message}', file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        sys.exit(130)


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


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal, and nothing in logs and pipes.

    >>> with progress_bar('checking') as progress:
    ...     check_dataset(root, splits, CheckSettings(), progress)

    Args:
        what: What is being done.

    Yields:
        A function that takes the numbers of finished and of all things.
    """
    console = Console(stderr=True)
    with Progress(
        console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def add_thresholds_argument(parser: argparse.ArgumentParser) -> None:
    """Adds what a tool takes that judges a test at validated thresholds."""
    parser.add_argument(
        '--thresholds',
        type=Path,
        metavar='PREDICTIONS.json',
        help='of a validation: judge the test also at the score of each class '
        'that was best there',
    )


def add_resampling_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--resamples``, ``--seed`` and ``--out``."""
    parser.add_argument(
        '--resamples',
        type=whole(1),
        default=10_000,
        metavar='N',
        help='bootstrap resamples to draw (%(default)s)',
    )
    parser.add_argument(
        '--seed',
        type=whole(0, MOST_SEED),
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


def publish(page: str, record: Mapping, stem: str, out: Path | None) -> None:
    """Prints a page; writes it and its numbers as ``<stem>.md``, ``.json``."""
    print(page, end='')
    if out:
        write_atomically(out / f'{stem}.md', page)
        write_json(out / f'{stem}.json', record)


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
        print(f"{args.out} is ready: data_root='{Path(args.out).as_posix()}/'")


def add_exchange_verbs(
    parser: argparse.ArgumentParser,
    read: Callable[[argparse.Namespace], ImageStream],
    write: Callable[[VOCSet, str, Sequence[str] | None], Sequence[Path]],
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
        '--out', required=True, metavar='DIR', help='folder of the result'
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


def do_verb(args: argparse.Namespace) -> None:
    """Does what the verb says that was parsed, as its parser has set it."""
    args.verb(args)


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


def _declare_files(value: object) -> None:
    """Declares the files among an argument's values as inputs."""
    if isinstance(value, (list, tuple)):
        for item in value:
            _declare_files(item)
    elif isinstance(value, (str, Path)) and Path(value).is_file():
        declare_input(value)


def _parse(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None
) -> argparse.Namespace:
    """The arguments; a wrong one ends the process with one line.

    argparse would print all options before it, which hides the line.
    """
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return parser.parse_args(argv)
    except SystemExit as stop:
        if stop.code:
            message = said.getvalue().strip().splitlines()[-1]
            message = message.partition(': error: ')[2] or message
            print(f'error: {message}', file=sys.stderr)
        raise


def _one_line(error: InputError | OSError) -> str | None:
    """What the user is told; None for an error that names no file."""
    if isinstance(error, OSError):
        if error.filename is None:
            return None
        return (
            f'{error.filename} cannot be used ({error.strerror}): name another '
            'file or folder.'
        )
    # A data loader's worker hands its error over inside a printed traceback,
    # whose last line is the message.
    return (
        str(error)
        .strip()
        .splitlines()[-1]
        .removeprefix(f'{InputError.__module__}.{InputError.__qualname__}: ')
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
