"""Exports a detector as an ONNX model that describes itself.

fer-yolo-mamba export --out faces.onnx
fer-yolo-mamba export configs/fer_yolo_mamba_rafdb.py \\
    work_dirs/fer_yolo_mamba_rafdb/epoch_300.pth --out faces.onnx
fer-yolo-mamba export --out faces.onnx --int8 --calibrate photos/ 'more/*.jpg'
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import __version__
from ..apis.readings import letterbox
from ..apis.sources import find_files
from ..apis.weights import find_weights
from ..datasets.images import IMAGE_SUFFIXES, read_image
from ..deploy.export_options import ExportOptions, ScanForm
from ..engine.config import add_config_options, load_config
from ..engine.description import Description
from ..errors import InputError
from ..files import OutputPath, refuse_unwritable, write_atomically
from . import spread

if TYPE_CHECKING:
    import torch.nn as nn

_EXTRA = (
    'an export needs onnx and onnxscript: pip install "fer-yolo-mamba[export]".'
)
# Ranges of activations hardly widen with more.
_MOST_CALIBRATING = 100


def make_parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'source',
        nargs='?',
        help='.safetensors file, folder of a run, name of a model on Hugging '
        'Face, or the config of the checkpoint (the ready weights)',
    )
    parser.add_argument(
        'checkpoint', nargs='?', help='checkpoint (.pth) of the config'
    )
    parser.add_argument(
        '--out',
        type=OutputPath,
        required=True,
        metavar='FILE.onnx',
        help='model',
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
    add_config_options(parser)
    return parser


def main(args: argparse.Namespace) -> None:
    """Writes the model."""
    try:
        import onnxscript  # noqa: F401  torch asks for it after minutes

        from ..deploy.onnx_export import export_onnx
    except ModuleNotFoundError as error:
        raise InputError(_EXTRA) from error
    if args.out.suffix != '.onnx':
        raise InputError(f'--out {args.out}: name a file .onnx.')
    refuse_unwritable(args.out)
    if args.int8 != bool(args.calibrate):
        raise InputError(
            '--int8 and --calibrate belong together: name photographs of '
            'faces for --calibrate, or leave both out.'
        )
    photographs = _photographs(args.calibrate) if args.int8 else []
    description, detector = _read(args)
    options = ExportOptions(
        scan=ScanForm(args.scan),
        dynamic_batch=args.dynamic_batch,
        dynamic_size=args.dynamic_size,
        nms=args.nms,
    )
    calibration = None
    if args.int8:
        calibration = _pictures(photographs, description, args.dynamic_size)
    model = export_onnx(detector, description, options, calibration)
    write_atomically(args.out, model.SerializeToString())
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')


def _photographs(names: Sequence[str]) -> list[str]:
    """Some of the pictures that names stand for, spread over all.

    All else that folders and patterns hold is left out.
    """
    files = [
        file
        for name in names
        for file in find_files(name)
        if file == name or Path(file).suffix.lower() in IMAGE_SUFFIXES
    ]
    if not files:
        raise InputError(
            f'--calibrate {" ".join(names)}: there is no picture (*'
            f'{" *".join(IMAGE_SUFFIXES)}); name photographs of faces.'
        )
    chosen = spread(files, min(len(files), _MOST_CALIBRATING))
    # A fault is told now, and not after the network has been traced.
    for file in chosen:
        read_image(file)
    return chosen


def _read(args: argparse.Namespace) -> 'tuple[Description, nn.Module]':
    # Only here: they import mmdet and mmyolo.
    from ..apis.pytorch import checkpoint_network
    from ..engine.weights_file import load_described

    config = None
    if args.checkpoint is None:
        weights = find_weights(args.source)
    elif args.source.lower().endswith('.safetensors'):
        raise InputError(
            f'{args.source} describes itself: name no checkpoint beside it.'
        )
    else:
        config = load_config(args.source, args.cfg_options)
        weights = Path(args.checkpoint)
    if config is None and args.cfg_options:
        raise InputError(
            f'{weights} describes itself: leave --cfg-options out, or name a '
            'config and its checkpoint.'
        )
    kind = weights.suffix.lower()
    if kind == '.safetensors':
        return load_described(weights)
    if kind != '.pth' and not weights.is_dir():
        raise InputError(
            f'{weights} is nothing to export: name a .safetensors file, the '
            'folder of a run, or a config and its checkpoint.'
        )
    network = checkpoint_network(config, weights, 'cpu')
    detector = network.openmmlab_detector()
    description = Description(
        # The graph says all else.
        model=dict(type=type(detector).__name__),
        classes=network.classes,
        input=network.input,
        sizes=network.sizes,
        score_thr=network.score_thr,
        temperature=network.temperature,
        shift=network.shift,
        version=__version__,
    )
    return description, detector


def _pictures(
    photographs: Sequence[str], description: Description, any_size: bool
) -> Iterator[np.ndarray]:
    """The photographs as the model will take them."""
    for path in photographs:
        image = read_image(path)
        for size in description.sizes if any_size else (1.0,):
            pixels, _ = letterbox(image, description.input, size)
            yield pixels[None]
