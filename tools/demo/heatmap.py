"""Draws what the network looks at in photographs, below its detections.

python tools/demo/heatmap.py photo.jpg --method receptive_field
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.apis.heatmaps import HeatmapMethod
from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import add_network_arguments, whole
from fer_yolo_mamba.datasets.images import read_image
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import OutputPath, refuse_unwritable, write_atomically
from fer_yolo_mamba.visualization import Heatmap, draw_heatmaps, figure_png


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('images', nargs='+', type=Path, metavar='IMAGE')
    parser.add_argument(
        '--method',
        choices=[method.value for method in HeatmapMethod],
        default=HeatmapMethod.GRADCAM.value,
        help='what the heatmaps show: what speaks for the scores, what stands '
        'out, the scores, or what each direction of the scan lets the centre '
        'of a face see (%(default)s)',
    )
    parser.add_argument(
        '--face',
        type=whole(1),
        metavar='N',
        help='explain the N-th face alone, by falling score (all)',
    )
    add_network_arguments(parser)
    parser.add_argument('--config', help='config of a checkpoint')
    parser.add_argument(
        '--out',
        type=OutputPath,
        default='outputs/heatmap.png',
        metavar='FILE.png',
        help='the picture of all photographs (%(default)s)',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes one picture: a column for each photograph."""
    if args.out.suffix != '.png':
        raise InputError(f'--out {args.out}: name a file .png.')
    refuse_unwritable(args.out)
    detector = FERDetector(
        args.weights, args.device, args.score_thr, config=args.config
    )
    figure = draw_heatmaps(_explained(detector, args))
    write_atomically(args.out, figure_png(figure))
    print(args.out)


def _explained(
    detector: FERDetector, args: argparse.Namespace
) -> Iterator[tuple[str, np.ndarray, Heatmap]]:
    for path in args.images:
        image = read_image(path)
        face = None
        if args.face:
            (result,) = detector(image)
            if len(result.faces) < args.face:
                raise InputError(
                    f'{path} has {len(result.faces)} faces, so --face '
                    f'{args.face} is none of them: leave it out, or lower '
                    '--score-thr.'
                )
            face = result.faces[args.face - 1]
        yield path.name, image, detector.heatmap(image, face, args.method)


if __name__ == '__main__':
    run_cli(make_parser(), main)
