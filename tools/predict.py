"""Finds faces in photographs, names their expressions and draws them.

python tools/predict.py photo.jpg --out outputs --json
"""

import argparse
from pathlib import Path

from fer_yolo_mamba.apis import FERDetector, read_image
from fer_yolo_mamba.cli import real, run_cli
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.run_folder import latest_checkpoint
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import is_input, refuse_input, write_json
from fer_yolo_mamba.visualization import (
    contact_sheet,
    draw_faces,
    write_image,
)

# Of a checkpoint for which no other is named.
_DEMO = 'configs/fer_yolo_mamba_demo.py'


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('images', nargs='+', type=Path, metavar='IMAGE')
    parser.add_argument(
        '--config',
        help=f'config of a checkpoint ({_DEMO}); the ready weights serve where '
        'neither is named',
    )
    parser.add_argument(
        '--checkpoint',
        help='.pth file (the last one in work_dirs/<config>), or a '
        '.safetensors file, which needs no config',
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('outputs'),
        metavar='DIR',
        help='folder of the annotated pictures (%(default)s); photographs '
        'there stay as they are',
    )
    parser.add_argument(
        '--score-thr',
        type=real(0, 1),
        help="least score of a face (the weights file's, or 0.5)",
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
    if args.sheet:
        refuse_input(args.sheet)
    detector = _load_detector(args)
    on_sheet = []
    for path, name in zip(
        args.images, _names(args.images, args.out), strict=True
    ):
        image = read_image(path)
        (result,) = detector(image)
        picture = args.out / f'{name}.jpg'
        annotated = draw_faces(image, result.faces)
        write_image(picture, annotated)
        if args.sheet:
            on_sheet.append(annotated)
        if args.json:
            record = {**result.to_dict(), 'image': str(path)}
            write_json(picture.with_suffix('.json'), record)
        print(f'{path}: {result.found} -> {picture}')
    if args.sheet:
        write_image(args.sheet, contact_sheet(on_sheet))


def _load_detector(args: argparse.Namespace) -> FERDetector:
    settings = dict(device=args.device, score_thr=args.score_thr)
    if args.config is None and (
        args.checkpoint is None or args.checkpoint.endswith('.safetensors')
    ):
        return FERDetector(args.checkpoint, **settings)
    config = load_config(args.config or _DEMO)
    checkpoint = args.checkpoint or latest_checkpoint(config.work_dir)
    if checkpoint is None:
        raise InputError(
            f'there is no checkpoint in {config.work_dir}: run "make demo" or '
            'tools/train.py first, or name one with --checkpoint.'
        )
    return FERDetector(checkpoint, config=config, **settings)


def _names(paths: list[Path], out: Path) -> list[str]:
    """A name for each image's results; a number tells equal ones apart.

    None is that of a photograph: those may lie in the same folder.
    """
    names: list[str] = []
    for path in paths:
        name, number = path.stem, 2
        while name in names or is_input(out / f'{name}.jpg'):
            name, number = f'{path.stem}_{number}', number + 1
        names.append(name)
    return names


if __name__ == '__main__':
    run_cli(make_parser(), main)
