"""Tells whether a detector serves all groups of faces alike.

python tools/analysis/groups.py predictions.json data/rafdb

The groups are those of gender, race and age in the annotations of the set. The
file is what tools/test.py left in the folder of its run.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from fer_yolo_mamba.apis import progress_bar, run_cli
from fer_yolo_mamba.apis.significance import group_page, read_face_attributes
from fer_yolo_mamba.atomic_write import write_atomically
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import Predictions
from fer_yolo_mamba.evaluation.significance import GroupComparison

_ATTRIBUTES = ('gender', 'race', 'age')


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'predictions', type=Path, metavar='PREDICTIONS.json', help='a test'
    )
    parser.add_argument(
        'data_root', type=Path, help='folder of the set that was tested'
    )
    parser.add_argument(
        '--attributes',
        nargs='+',
        metavar='NAME',
        help='attributes to group by (gender, race and age, as far as the '
        'faces carry them)',
    )
    parser.add_argument(
        '--min-faces',
        type=int,
        default=100,
        metavar='N',
        help='leave out groups with fewer faces (%(default)s)',
    )
    parser.add_argument(
        '--resamples',
        type=int,
        default=10_000,
        metavar='N',
        help='bootstrap resamples to draw (%(default)s)',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        metavar='N',
        help='the same seed draws the same resamples (%(default)s)',
    )
    parser.add_argument(
        '--out',
        type=Path,
        metavar='DIR',
        help='folder for groups.md and groups.json',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Prints a table an attribute, and writes them and their numbers."""
    if args.resamples < 1 or args.seed < 0:
        raise InputError(
            '--resamples and --seed: give at least one resample, and a seed '
            'that is not negative.'
        )
    predictions = Predictions.read(args.predictions)
    faces = read_face_attributes(predictions, args.data_root)
    comparisons = []
    for attribute in _chosen(args.attributes, faces, args.data_root):
        groups = [[face.get(attribute) for face in image] for image in faces]
        with progress_bar(attribute) as progress:
            comparisons.append(
                GroupComparison.of(
                    predictions,
                    attribute,
                    groups,
                    args.min_faces,
                    args.resamples,
                    args.seed,
                    progress,
                )
            )
    pages = [f'# {args.predictions}\n', *map(group_page, comparisons)]
    page = '\n'.join(pages)
    print(page, end='')
    if args.out:
        record = {
            'predictions': str(args.predictions),
            'attributes': [result.to_dict() for result in comparisons],
        }
        write_atomically(args.out / 'groups.md', page)
        write_atomically(
            args.out / 'groups.json', json.dumps(record, indent=2) + '\n'
        )


def _chosen(
    asked: Sequence[str] | None,
    faces: Sequence[Sequence[Mapping[str, str]]],
    data_root: Path,
) -> list[str]:
    """The attributes to group by; each occurs in the annotations."""
    known = {name for image in faces for face in image for name in face}
    names = asked or _ATTRIBUTES
    chosen = [name for name in names if name in known]
    if not chosen or (asked and len(chosen) < len(asked)):
        raise InputError(
            f'{data_root}: the faces carry no '
            f'{" or ".join(n for n in names if n not in known)}, but '
            f'{", ".join(sorted(known)) or "no attribute at all"}; choose '
            'among these with --attributes.'
        )
    return chosen


if __name__ == '__main__':
    run_cli(make_parser(), main)
