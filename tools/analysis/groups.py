"""Tells whether a detector serves all groups of faces alike.

python tools/analysis/groups.py predictions.json data/rafdb

The groups are those of gender, race and age in the annotations of the set. The
file is what tools/test.py left in the folder of its run.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import (
    add_page_argument,
    add_resampling_arguments,
    whole,
)
from fer_yolo_mamba.cli.printing import progress_bar, publish
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import Predictions
from fer_yolo_mamba.evaluation.significance import GroupComparison
from fer_yolo_mamba.reports.face_attributes import read_face_attributes
from fer_yolo_mamba.reports.significance import groups_page

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
        type=whole(1),
        default=100,
        metavar='N',
        help='leave out groups with fewer faces (%(default)s)',
    )
    add_resampling_arguments(parser)
    add_page_argument(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    """Prints a table an attribute, and writes them and their numbers."""
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
    page = groups_page(comparisons, str(args.predictions))
    record = {
        'predictions': str(args.predictions),
        'attributes': [result.to_dict() for result in comparisons],
    }
    publish(page.to_markdown(), record, 'groups', args.out)


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
