"""Exports a detector as an ONNX model that describes itself.

python tools/deploy/export_onnx.py faces.safetensors --out faces.onnx
python tools/deploy/export_onnx.py configs/fer_yolo_mamba_rafdb.py \
    work_dirs/fer_yolo_mamba_rafdb/epoch_300.pth --out faces.onnx
python tools/deploy/export_onnx.py faces.safetensors --out faces_int8.onnx \
    --int8 --calibrate photos/ 'more/*.jpg'
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch.nn as nn
from mmengine.config import DictAction
from mmengine.registry import DefaultScope
from mmyolo.registry import MODELS

import fer_yolo_mamba
from fer_yolo_mamba.apis.readings import letterbox
from fer_yolo_mamba.apis.sources import find_files
from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.datasets.images import read_image
from fer_yolo_mamba.engine.checkpoints import load_weights
from fer_yolo_mamba.engine.classes import checkpoint_classes, training_classes
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.description import Description, InputSide
from fer_yolo_mamba.engine.weights_file import load_described
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.files import refuse_input, write_atomically

try:
    from fer_yolo_mamba.deploy.onnx_export import (
        ExportOptions,
        ScanForm,
        export_onnx,
    )
except ImportError as error:
    raise SystemExit(
        f"error: {error}: pip install 'fer-yolo-mamba[export]'"
    ) from None

# Ranges of activations hardly widen with more.
_MOST_CALIBRATING = 100


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'source',
        help='weights file (.safetensors), or the config of the checkpoint',
    )
    parser.add_argument(
        'checkpoint', nargs='?', help='checkpoint (.pth) of the config'
    )
    parser.add_argument(
        '--out', type=Path, required=True, metavar='FILE.onnx', help='model'
    )
    parser.add_argument(
        '--nms',
        action='store_true',
        help='the model gives finished faces: calibrated, above the '
        'threshold, without doubles',
    )
    parser.add_argument(
        '--dynamic-batch',
        action='store_true',
        help='the model takes any number of pictures (one)',
    )
    parser.add_argument(
        '--dynamic-size',
        action='store_true',
        help='the model takes sides of any multiple of 32 pixels '
        '(squares of one size)',
    )
    parser.add_argument(
        '--scan',
        choices=[form.value for form in ScanForm],
        default=ScanForm.PORTABLE.value,
        help="standard operators for any runtime, or this package's kernel "
        'for onnxruntime (%(default)s)',
    )
    parser.add_argument(
        '--int8',
        action='store_true',
        help='convolutions and linear layers compute in 8 bits; needs '
        '--calibrate',
    )
    parser.add_argument(
        '--calibrate',
        nargs='+',
        metavar='PICTURES',
        help='photographs of faces, by which --int8 sets its scales: files, '
        f'folders, patterns; {_MOST_CALIBRATING} spread over them are taken',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='values of the config to change, by dotted key',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes the model."""
    if args.out.suffix != '.onnx':
        raise InputError(f'--out {args.out}: name a file .onnx.')
    refuse_input(args.out)
    if args.int8 != bool(args.calibrate):
        raise InputError(
            '--int8 and --calibrate belong together: name photographs of '
            'faces for --calibrate, or leave both out.'
        )
    files = [x for name in args.calibrate or () for x in find_files(name)]
    description, detector = _read(args)
    options = ExportOptions(
        scan=ScanForm(args.scan),
        dynamic_batch=args.dynamic_batch,
        dynamic_size=args.dynamic_size,
        nms=args.nms,
    )
    calibration = None
    if args.int8:
        calibration = _pictures(files, description, args.dynamic_size)
    model = export_onnx(detector, description, options, calibration)
    write_atomically(args.out, model.SerializeToString())
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')


def _read(args: argparse.Namespace) -> tuple[Description, nn.Module]:
    if args.source.endswith('.safetensors'):
        if args.checkpoint or args.cfg_options:
            raise InputError(
                f'{args.source} describes itself: name no checkpoint and no '
                '--cfg-options beside it.'
            )
        return load_described(args.source)
    if args.checkpoint is None:
        raise InputError(
            f'{args.source}: name a .safetensors file, or a config and its '
            'checkpoint.'
        )
    config = load_config(args.source, args.cfg_options)
    with DefaultScope.overwrite_default_scope(
        config.get('default_scope', 'mmyolo')
    ):
        detector = MODELS.build(config.model)
    meta = load_weights(detector, args.checkpoint)
    description = Description(
        # The graph says all else.
        model=dict(type=config.model.type),
        classes=checkpoint_classes(meta, args.checkpoint)
        or training_classes(config)
        or EXPRESSIONS,
        input=InputSide.of(config),
        version=fer_yolo_mamba.__version__,
    )
    return description, detector


def _pictures(
    files: Sequence[str], description: Description, any_size: bool
) -> Iterator[np.ndarray]:
    """Some of the files, spread over all, as the model will take them."""
    step = max(len(files) / _MOST_CALIBRATING, 1)
    for index in range(min(len(files), _MOST_CALIBRATING)):
        image = read_image(files[int(index * step)])
        for size in description.sizes if any_size else (1.0,):
            pixels, _ = letterbox(image, description.input, size)
            yield pixels[None]


if __name__ == '__main__':
    run_cli(make_parser(), main)
