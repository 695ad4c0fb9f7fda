"""The command ``fer-yolo-mamba VERB``, which pip installs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from .. import __version__
from . import run_cli
from .interrupts import interruptible

#: What the command does, each in a module of this room with the same name
#: (an underscore for a dash), which is imported only then; it has
#: ``make_parser()`` and ``main(args)``.
VERBS = {
    'predict': 'find faces in pictures and films and name their expressions',
    'predict-many': 'the same for millions, on one machine or many',
    'web': 'serve a page on this machine that does so for a photograph',
    'export': 'write an ONNX model for other runtimes',
    'info': 'say what weights, networks and devices are here',
}


def main(argv: Sequence[str] | None = None) -> None:
    """Does what the first argument says, with the others."""
    argv = sys.argv[1:] if argv is None else argv
    name = 'fer-yolo-mamba'
    if argv and argv[0] in VERBS:
        # Most of the first seconds, in which one thinks better of it.
        with interruptible():
            verb = import_module(f'.{argv[0].replace("-", "_")}', __package__)
        parser = verb.make_parser()
        parser.prog = f'{name} {argv[0]}'
        run_cli(parser, verb.main, argv[1:])
        return
    parser = argparse.ArgumentParser(
        name,
        description='Finds faces and names their expressions.',
        epilog='\n'.join(f'  {verb}: {what}' for verb, what in VERBS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--version', action='version', version=__version__)
    parser.add_argument(
        'verb', choices=VERBS, help='followed by --help, its arguments'
    )
    if not argv:
        parser.error(f'a verb is required: {", ".join(VERBS)}, or --help')
    run_cli(parser, lambda args: None, argv)


if __name__ == '__main__':
    main()
