"""How the command-line tools start, and how they fail."""

import argparse
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

from ..errors import InputError
from ..files import OutputPath, declare_input, inputs_kept
from .interrupts import interruptible


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
                if isinstance(value, (str, Path)):
                    # No shell does so behind --out=, and '~' became a folder.
                    value = type(value)(os.path.expanduser(value))
                    setattr(args, name, value)
                _declare_inputs(value)
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


def do_verb(args: argparse.Namespace) -> None:
    """Does what the verb says that was parsed, as its parser has set it."""
    args.verb(args)


def spread(items: Sequence, count: int) -> list:
    """So many of the items, at equal distances, from the first on.

    >>> spread('abcdef', 3)
    ['a', 'c', 'e']
    """
    return [items[int(i * (len(items) / count))] for i in range(count)]


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


def _declare_inputs(value: object) -> None:
    """Declares the files among an argument's values, save what is written."""
    if isinstance(value, (list, tuple)):
        for item in value:
            _declare_inputs(item)
    elif isinstance(value, OutputPath):
        pass
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
