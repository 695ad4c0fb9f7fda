"""Fits what makes the scores of a weights file mean what they say.

python tools/analysis/calibrate.py faces.safetensors data/faces --split val

Prints the options with which tools/convert_checkpoint.py writes the file again.
"""

import argparse

from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.cli import progress_bar, run_cli
from fer_yolo_mamba.studies.calibration import Calibration, read_photographs

# Fainter detections are never shown.
_LEAST_SCORE = 0.05


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('weights', help='.safetensors file')
    parser.add_argument('data_root', help='folder of a set in VOC layout')
    parser.add_argument(
        '--split', default='val', help='split to fit on (%(default)s)'
    )
    parser.add_argument(
        '--one-based',
        action='store_true',
        help='the set counts pixels from 1, as the original VOC does',
    )
    parser.add_argument('--device', help='cpu, cuda, cuda:1 ...')
    return parser


def main(args: argparse.Namespace) -> None:
    """Prints temperature, shift, least score and calibration errors."""
    detector = FERDetector(args.weights, args.device, _LEAST_SCORE)
    # What an earlier calibration said is not built upon.
    detector.temperature, detector.shift = 1.0, 0.0
    with progress_bar('reading faces') as progress:
        predictions = read_photographs(
            detector, args.data_root, args.split, args.one_based, progress
        )
    print(Calibration.of(predictions))


if __name__ == '__main__':
    run_cli(make_parser(), main)
