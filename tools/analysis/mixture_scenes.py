"""Composes a mixture's pictures once, beside photographs as their test.

    python tools/analysis/mixture_scenes.py configs/fer_yolo_mamba_faces.py \\
        --test data/real_fer test --one-based --out data/mixture_scenes

The pictures stay as they are, for methods to be compared on.
"""

import argparse

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_seed_argument, whole
from fer_yolo_mamba.cli.printing import progress_bar
from fer_yolo_mamba.datasets.converters import VOCSet
from fer_yolo_mamba.engine.config import add_config_arguments, load_config
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.studies.mixture_scenes import make_mixture_scenes


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_config_arguments(parser)
    parser.add_argument(
        '--count',
        type=whole(1),
        default=2500,
        metavar='N',
        help='pictures to compose (default: %(default)s)',
    )
    parser.add_argument(
        '--test',
        nargs=2,
        required=True,
        metavar=('DIR', 'SPLIT'),
        help='photographs in VOC layout, and the split to test on',
    )
    parser.add_argument(
        '--one-based',
        action='store_true',
        help='boxes of the photographs count pixels from 1, as in VOC',
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        default='data/mixture_scenes',
        metavar='DIR',
        help='folder to fill (default: %(default)s)',
    )
    add_seed_argument(parser, 'another seed gives other pictures')
    return parser


def main(args: argparse.Namespace) -> None:
    """Composes the set, and says what is in it."""
    config = load_config(args.config, args.cfg_options)
    root, split = args.test
    with progress_bar('composing') as progress:
        report = make_mixture_scenes(
            config,
            VOCSet(root, args.one_based),
            split,
            args.out,
            args.count,
            args.seed,
            progress,
        )
    print(report)


if __name__ == '__main__':
    run_cli(make_parser(), main)
