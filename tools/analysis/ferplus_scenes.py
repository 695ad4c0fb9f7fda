"""Composes FER+ scenes: crops of FER+ pasted on photographs without faces.

    python tools/analysis/ferplus_scenes.py --out data/ferplus_scenes

The pictures stay as they are, for methods to be compared on.
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_seed_argument, whole
from fer_yolo_mamba.cli.printing import progress_bar
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.studies.ferplus_scenes import COUNTS, make_ferplus_scenes


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, kind, default, meaning in (
        ('--crops', Path, 'data/ferplus', 'FER+ in VOC layout'),
        (
            '--backgrounds',
            Path,
            'data/face_scenes',
            'photographs without faces',
        ),
        ('--out', OutputPath, 'data/ferplus_scenes', 'folder to fill'),
    ):
        parser.add_argument(
            name,
            type=kind,
            default=default,
            metavar='DIR',
            help=f'{meaning} (default: %(default)s)',
        )
    for split, count in COUNTS.items():
        parser.add_argument(
            f'--{split}',
            type=whole(1),
            default=count,
            metavar='N',
            help=f'pictures in the split {split} (default: %(default)s)',
        )
    add_seed_argument(parser, 'another seed gives other pictures')
    return parser


def main(args: argparse.Namespace) -> None:
    """Composes the set, and says what is in it."""
    counts = {split: getattr(args, split) for split in COUNTS}
    with progress_bar('composing') as progress:
        report = make_ferplus_scenes(
            args.crops,
            args.backgrounds,
            args.out,
            counts,
            args.seed,
            progress,
        )
    print(report)


if __name__ == '__main__':
    run_cli(make_parser(), main)
