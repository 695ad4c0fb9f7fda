"""Trains a detector's backbone on crops of faces, for train_in_time.py.

python tools/analysis/pretrain_backbone.py configs/fer_yolo_mamba_faces.py \\
    --seconds 116 --out work_dirs/backbone_s
python tools/analysis/train_in_time.py configs/fer_yolo_mamba_faces.py \\
    --seconds 600 --init work_dirs/backbone_s/*.pth --out work_dirs/in_time
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import real, whole
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.files import OutputPath
from fer_yolo_mamba.studies.backbone_pretraining import (
    STEP_PIXELS,
    pretrain_backbone,
)


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'config',
        type=Path,
        metavar='CONFIG',
        help='with a FaceMixture that has PastedFaces',
    )
    parser.add_argument(
        '--seconds',
        type=real(1),
        required=True,
        metavar='N',
        help='until the last step begins, reading the sets included',
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        required=True,
        metavar='DIR',
        help='folder of the weights and the log',
    )
    parser.add_argument(
        '--pixels',
        type=whole(1),
        default=STEP_PIXELS,
        metavar='N',
        help='of all pictures of a step (%(default)s); fewer for a CPU',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Trains it."""
    pretrain_backbone(
        load_config(args.config), args.out, args.seconds, args.pixels
    )


if __name__ == '__main__':
    run_cli(make_parser(), main)
