"""Looks for faults in a VOC set, and for what its splits have in common.

python tools/analysis/check_dataset.py data/rafdb --fix

Exit status: 0 without faults, 1 with faults, 2 where the input does not allow
a check.
"""

import argparse
import sys
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import real, whole
from fer_yolo_mamba.cli.printing import progress_bar
from fer_yolo_mamba.cli.sets import add_classes_arguments
from fer_yolo_mamba.datasets.checks import (
    CheckSettings,
    DatasetCheck,
    FaultKind,
    attribute_groups,
    check_dataset,
    film_clips,
    pattern_groups,
    splits_of,
    write_corrected_splits,
)
from fer_yolo_mamba.datasets.images import FaceDetector
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.reports.dataset import write_report

# A face found in error would count as a fault.
_SURE = 0.9


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('root', type=Path, help='folder of the set')
    parser.add_argument(
        '--splits',
        nargs='+',
        metavar='NAME',
        help='splits to check, those that train first: where two share '
        'something, the later one keeps it (train, val and test, as far as '
        'there are such)',
    )
    add_classes_arguments(parser)
    parser.add_argument(
        '--unlabelled',
        metavar='NAME',
        help='name of the boxes of faces whose expression is not known',
    )
    parser.add_argument(
        '--one-based',
        action='store_true',
        help='the set counts pixels from 1',
    )
    parser.add_argument(
        '--tiny',
        type=real(0),
        default=CheckSettings.tiny_side,
        metavar='PIXELS',
        help='least side of a box once the image is scaled to 320x320 '
        '(%(default)s)',
    )
    parser.add_argument(
        '--near',
        type=whole(0, 256),
        default=CheckSettings.near_distance,
        metavar='BITS',
        help='most bits, of 256, in which the perceptual hashes of almost '
        'equal pictures differ (%(default)s)',
    )
    groups = parser.add_mutually_exclusive_group()
    groups.add_argument(
        '--group-pattern',
        metavar='REGEX',
        help='regular expression for an image id, whose first group names '
        'the clip or subject',
    )
    groups.add_argument(
        '--group-attribute',
        metavar='NAME',
        help='attribute of the faces that names the subject',
    )
    groups.add_argument(
        '--sfew-clips',
        action='store_true',
        help='group by the clips in the file names of SFEW 2.0',
    )
    parser.add_argument(
        '--detector',
        type=Path,
        metavar='ONNX',
        help="model for OpenCV's FaceDetectorYN, to find faces without a label",
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        metavar='DIR',
        help='folder of the report (outputs/check_<name of the set>)',
    )
    parser.add_argument(
        '--fix',
        action='store_true',
        help='write <split>.checked.txt beside each split file',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Checks, writes the report and ends with status 1 if there are faults."""
    splits = args.splits or splits_of(args.root)
    with progress_bar('checking') as progress:
        check = check_dataset(args.root, splits, _settings(args), progress)
    out = args.out or Path('outputs') / f'check_{args.root.resolve().name}'
    for path in write_report(check, out):
        if path.suffix in ('.md', '.html'):
            print(path)
    if args.fix:
        _fix(check)
    for kind in FaultKind:
        if count := check.count(kind):
            print(f'{count:6d}  {kind.title}')
    for line in check.warnings():
        print(f'note: {line}')
    print(check)
    if check.faults:
        sys.exit(1)


def _settings(args: argparse.Namespace) -> CheckSettings:
    groups_of = None
    if args.group_pattern is not None:
        groups_of = pattern_groups(args.group_pattern)
    elif args.group_attribute is not None:
        groups_of = attribute_groups(args.group_attribute)
    elif args.sfew_clips:
        groups_of = film_clips
    return CheckSettings(
        classes=tuple(args.classes),
        unlabelled=args.unlabelled,
        one_based=args.one_based,
        tiny_side=args.tiny,
        near_distance=args.near,
        groups_of=groups_of,
        detector=args.detector and FaceDetector(args.detector, _SURE),
    )


def _fix(check: DatasetCheck) -> None:
    paths = write_corrected_splits(check)
    for split, path in zip(check.splits, paths, strict=True):
        print(
            f'{path}: in the config, change '
            f"ann_file='ImageSets/Main/{split}.txt' to "
            f"ann_file='ImageSets/Main/{path.name}'"
        )


if __name__ == '__main__':
    run_cli(make_parser(), main)
