"""How every command-line tool starts, and how it reports bad input."""

import argparse
import sys
from collections.abc import Callable, Sequence

from ..errors import InputError


def run_cli(
    parser: argparse.ArgumentParser,
    main: Callable[[argparse.Namespace], None],
    argv: Sequence[str] | None = None,
) -> None:
    """Parses the arguments and calls ``main`` with them.

    A fault of the input ends the process with one line on standard error and
    status 2; ``--debug`` shows the traceback instead. An interrupt ends it
    with status 130.

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
    except InputError as error:
        if args.debug:
            raise
        print(f'error: {_last_line(error)}', file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        sys.exit(130)


def _last_line(error: InputError) -> str:
    """The message itself.

    A data loader's worker hands its error over inside a printed traceback,
    whose last line is the message.
    """
    return (
        str(error)
        .strip()
        .splitlines()[-1]
        .removeprefix(f'{InputError.__module__}.{InputError.__qualname__}: ')
    )
