"""Exports a detector as an ONNX model that describes itself.

python tools/deploy/export_onnx.py faces.safetensors --out faces.onnx
python tools/deploy/export_onnx.py configs/fer_yolo_mamba_rafdb.py \
    work_dirs/fer_yolo_mamba_rafdb/epoch_300.pth --out faces.onnx
"""

import argparse
from pathlib import Path

import torch.nn as nn
from mmengine.config import DictAction
from mmengine.registry import DefaultScope
from mmyolo.registry import MODELS

import fer_yolo_mamba
from fer_yolo_mamba.cli import run_cli
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
    description, detector = _read(args)
    options = ExportOptions(
        scan=ScanForm(args.scan),
        dynamic_batch=args.dynamic_batch,
        dynamic_size=args.dynamic_size,
        nms=args.nms,
    )
    model = export_onnx(detector, description, options)
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


if __name__ == '__main__':
    run_cli(make_parser(), main)
