"""How the command-line tools start, and how they report bad input."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .errors import InputError


def add_thresholds_argument(parser: argparse.ArgumentParser) -> None:
    """Adds what a tool takes that judges a test at validated thresholds."""
    parser.add_argument(
        '--thresholds',
        type=Path,
        metavar='PREDICTIONS.json',
        help='of a validation: judge the test also at the score of each class '
        'that was best there',
    )


def run_cli(
    parser: argparse.ArgumentParser,
    main: Callable[[argparse.Namespace], None],
    argv: Sequence[str] | None = None,
) -> None:
    """Parses the arguments and calls ``main`` with them.

    A fault of the input, or a file that the system refuses, ends the process
    with one line on standard error and status 2; ``--debug`` shows the
    traceback instead. An interrupt ends it with status 130.

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
    args = parser.parse_args(argv)
    try:
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
