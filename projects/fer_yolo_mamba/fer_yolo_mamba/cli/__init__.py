"""How the command-line tools start, what they share and how they fail."""

import argparse
import io
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, ProgressColumn, Task

from ..errors import InputError
from ..files import (
    declare_input,
    inputs_kept,
    write_atomically,
    write_json,
)
from .interrupts import interruptible

#: Seeds that Python, NumPy and torch all take.
MOST_SEED = 2**32 - 1

# Arguments that name what a tool writes; every other file is an input.
_OUTPUTS = (
    *('out', 'work_dir', 'dump', 'sheet', 'show_dir', 'csv', 'timeline'),
)


def run_cli(
    parser: argparse.ArgumentParser,
    main: Callable[[argparse.Namespace], None],
    argv: Sequence[str] | None = None,
) -> None:
    """Parses the arguments and calls ``main`` with them.

    A fault of the input, or a file that the system refuses, ends the process
    with one line on standard error and status 2; ``--debug`` shows the
    traceback instead. What reads the output and ends first, as ``head`` does,
    ends it without a word, with status 141. `interruptible` says how signals
    do. No file that an argument names as an input is written over (see
    `files`).

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
        with interruptible(), inputs_kept(), _bare_warnings(args.debug):
            for name, value in vars(args).items():
                if isinstance(value, Path):
                    # No shell does so behind --out=, and '~' became a folder.
                    setattr(args, name, Path(os.path.expanduser(value)))
                if name not in _OUTPUTS:
                    _declare_files(value)
            main(args)
            print(end='', flush=True)
    except (InputError, OSError) as error:
        is_of_output = _names_no_file(error) and _is_output_lost()
        if is_of_output and isinstance(error, BrokenPipeError):
            sys.exit(141)
        if args.debug or (_names_no_file(error) and not is_of_output):
            raise
        message = _one_line(error)
        print(f'error: {message}', file=sys.stderr)
        sys.exit(2)


def _names_no_file(error: InputError | OSError) -> bool:
    return isinstance(error, OSError) and error.filename is None


def _is_output_lost() -> bool:
    """Whether nothing can be printed; then nothing is, from here on."""
    try:
        print(flush=True)
    except OSError:
        # The interpreter, too, prints what is left when it ends.
        with open(os.devnull, 'w') as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
        return True
    return False


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


def spread(items: Sequence, count: int) -> list:
    """So many of the items, at equal distances, from the first on.

    >>> spread('abcdef', 3)
    ['a', 'c', 'e']
    """
    return [items[int(i * (len(items) / count))] for i in range(count)]


@contextmanager
def progress_bar(
    what: str, unit: str | None = None
) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on the terminal, and nothing in logs and pipes.

    >>> with progress_bar('checking') as progress:
    ...     check_dataset(root, splits, CheckSettings(), progress)

    Args:
        what: What is being done.
        unit: Of the things, whose number a second is then shown.

    Yields:
        A function that takes the numbers of finished and of all things.
    """
    console = Console(stderr=True)
    columns = list(Progress.get_default_columns())
    if unit is not None:
        columns.append(_Speed(unit))
    with Progress(
        *columns,
        console=console,
        disable=not console.is_terminal,
        transient=True,
        # Else it would take all that is printed to its own terminal, also out
        # of "> results.txt".
        redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


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


def do_verb(args: argparse.Namespace) -> None:
    """Does what the verb says that was parsed, as its parser has set it."""
    args.verb(args)


@contextmanager
def _bare_warnings(debug: bool) -> Iterator[None]:
    """Warnings without their place in the program, which only --debug shows."""
    before = warnings.formatwarning
    if not debug:
        warnings.formatwarning = lambda said, *_, **__: f'warning: {said}\n'
    try:
        yield
    finally:
        warnings.formatwarning = before


class _Speed(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> str:
        speed = task.finished_speed or task.speed
        return '' if speed is None else f'{speed:.1f} {self.unit}/s'


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
    elif isinstance(value, (str, Path)) and os.path.isfile(value):
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


def _one_line(error: InputError | OSError) -> str:
    """What the user is told."""
    if _names_no_file(error):
        return f'the output cannot be written ({error.strerror}).'
    if isinstance(error, OSError):
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
