"""Serves a page on this machine: photographs in, faces and expressions out.

fer-yolo-mamba web --port 7860
"""

import argparse

from .arguments import add_network_arguments, whole


def make_parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_network_arguments(parser)
    parser.add_argument(
        '--port',
        type=whole(1, 65535),
        default=7860,
        metavar='N',
        help='port of this machine (%(default)s)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Serves until it is interrupted."""
    # Says in one line that Gradio is missing, before the network is loaded.
    from ..apis import FERDetector
    from ..web.page import serving

    detector = FERDetector(args.weights, args.device, args.score_thr)
    with serving(detector, args.port) as page:
        print(f'{page.local_url} (Ctrl+C ends it)', flush=True)
        page.block_thread()
