"""Finds faces in photographs, names their expressions and draws them.

python tools/predict.py photo.jpg --out outputs --json
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.apis import load_detector, predict_faces
from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.datasets.images import read_image
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.runner import latest_checkpoint
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import write_json
from fer_yolo_mamba.visualization import (
    contact_sheet,
    draw_faces,
    write_image,
)


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('images', nargs='+', type=Path, metavar='IMAGE')
    parser.add_argument(
        '--config',
        default='configs/fer_yolo_mamba_demo.py',
        help='config of the detector (%(default)s)',
    )
    parser.add_argument(
        '--checkpoint',
        help='checkpoint file (the last one in work_dirs/<config>)',
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('outputs'),
        metavar='DIR',
        help='folder of the annotated pictures (%(default)s)',
    )
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.5,
        help='least score of a face (%(default)s)',
    )
    parser.add_argument(
        '--json',
        action='store_true',
        help='also write one JSON record for each image',
    )
    parser.add_argument(
        '--sheet',
        type=Path,
        metavar='FILE',
        help='also write all annotated pictures on one sheet',
    )
    parser.add_argument('--device', help='cpu, cuda, cuda:1 ...')
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes an annotated picture, and if asked a record, for each image."""
    config = load_config(args.config)
    checkpoint = args.checkpoint or latest_checkpoint(config.work_dir)
    if checkpoint is None:
        raise InputError(
            f'there is no checkpoint in {config.work_dir}: run "make demo" or '
            'tools/train.py first, or name one with --checkpoint.'
        )
    model = load_detector(config, checkpoint, args.device)
    on_sheet = []
    for path, name in zip(args.images, _names(args.images), strict=True):
        image = read_image(path)
        faces = predict_faces(model, image, args.score_thr)
        picture = args.out / f'{name}.jpg'
        annotated = draw_faces(image, faces)
        write_image(picture, annotated)
        if args.sheet:
            on_sheet.append(annotated)
        if args.json:
            height, width = image.shape[:2]
            record = dict(
                image=str(path),
                width=width,
                height=height,
                faces=[face.to_dict() for face in faces],
            )
            write_json(picture.with_suffix('.json'), record)
        found = (
            ', '.join(f'{face.expression} {face.score:.2f}' for face in faces)
            or 'no face'
        )
        print(f'{path}: {found} -> {picture}')
    if args.sheet:
        write_image(args.sheet, contact_sheet(on_sheet))


def _names(paths: list[Path]) -> list[str]:
    """A name for each image's results; a number tells equal ones apart."""
    names: list[str] = []
    for path in paths:
        name, number = path.stem, 2
        while name in names:
            name, number = f'{path.stem}_{number}', number + 1
        names.append(name)
    return names


if __name__ == '__main__':
    run_cli(make_parser(), main)
