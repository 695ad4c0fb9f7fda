"""Turns a checkpoint into a weights file that describes itself, or back.

python tools/convert_checkpoint.py epoch_300.pth faces.safetensors \
    --config configs/fer_yolo_mamba_rafdb.py
python tools/convert_checkpoint.py faces.safetensors faces.pth
"""

import argparse
import io
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from mmyolo.registry import MODELS

import fer_yolo_mamba
from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.arguments import real
from fer_yolo_mamba.engine.checkpoints import load_weights
from fer_yolo_mamba.engine.classes import checkpoint_classes, training_classes
from fer_yolo_mamba.engine.config import add_config_options, load_config
from fer_yolo_mamba.engine.description import Description
from fer_yolo_mamba.engine.weights_file import load_described, write_weights
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.files import OutputPath, write_atomically


def make_parser() -> argparse.ArgumentParser:
    """The tool's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'source',
        type=Path,
        nargs='+',
        help='.pth, also in several parts, or .safetensors',
    )
    parser.add_argument('out', type=OutputPath, help='.safetensors or .pth')
    to_weights = parser.add_argument_group('into .safetensors')
    to_weights.add_argument('--config', help='config of the checkpoint')
    add_config_options(to_weights)
    to_weights.add_argument(
        '--classes',
        nargs='+',
        metavar='NAME',
        help='in the order of the labels (those of the checkpoint, or the '
        'seven expressions)',
    )
    to_weights.add_argument(
        '--score-thr',
        type=real(0, 1),
        default=Description.score_thr,
        help='least score of a face, from a validation (%(default)s)',
    )
    to_weights.add_argument(
        '--temperature',
        type=real(0.01, 100),
        default=Description.temperature,
        metavar='T',
        help='divides the logit of every score (%(default)s)',
    )
    to_weights.add_argument(
        '--shift',
        type=real(-20, 20),
        nargs='+',
        default=[Description.shift],
        metavar='B',
        help='is added to the logit before: one number, or one for each '
        'class in the order of the labels (0)',
    )
    to_weights.add_argument(
        '--sizes',
        type=real(0.05, 4),
        nargs='+',
        default=Description.sizes,
        metavar='X',
        help='fractions of the input side in which a photograph is looked at '
        '(1.0 0.5)',
    )
    to_weights.add_argument(
        '--data',
        nargs='+',
        default=[],
        metavar='NAME',
        help='what it was trained on',
    )
    to_weights.add_argument(
        '--figures',
        type=Path,
        metavar='FILE.json',
        help='measured figures, one JSON object',
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Converts in the direction that the suffixes say."""
    sources = [source.suffix for source in args.source]
    if {*sources} == {'.pth'} and args.out.suffix == '.safetensors':
        _describe(args)
    elif sources == ['.safetensors'] and args.out.suffix == '.pth':
        description, model = load_described(args.source[0])
        meta = dict(dataset_meta=dict(classes=description.classes))
        content = io.BytesIO()
        torch.save(dict(meta=meta, state_dict=model.state_dict()), content)
        write_atomically(args.out, content.getvalue())
    else:
        raise InputError(
            f'{_names(args.source)} to {args.out}: name a .pth file and a '
            '.safetensors file, in either order.'
        )
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')


def _describe(args: argparse.Namespace) -> None:
    if args.config is None:
        raise InputError(
            f'{_names(args.source)} does not say what network it is for: name '
            'its config with --config.'
        )
    config = load_config(args.config, args.cfg_options)
    init_default_scope(config.get('default_scope', 'mmyolo'))
    model = MODELS.build(config.model)
    meta = load_weights(model, *args.source)
    classes = checkpoint_classes(meta, args.source[0])
    if (
        args.classes
        and classes
        and args.classes != list(classes)
        and set(args.classes) == set(classes)
    ):
        raise InputError(
            f'--classes names those of {_names(args.source)} in another '
            f'order, and its labels are {", ".join(classes)}: leave --classes '
            'out.'
        )
    description = Description.of(
        config,
        classes=args.classes
        or classes
        or training_classes(config)
        or EXPRESSIONS,
        sizes=args.sizes,
        score_thr=args.score_thr,
        temperature=args.temperature,
        shift=args.shift if len(args.shift) > 1 else args.shift[0],
        version=fer_yolo_mamba.__version__,
        data=args.data,
        figures=_read_figures(args.figures) if args.figures else {},
    )
    write_weights(args.out, model.state_dict(), description)


def _names(paths: Sequence[Path]) -> str:
    return ' '.join(map(str, paths))


def _read_figures(path: Path) -> dict:
    try:
        figures = json.loads(path.read_text(encoding='utf-8'))
    except ValueError:
        figures = None
    if not isinstance(figures, dict):
        raise InputError(f'--figures {path} is no JSON object: write one.')
    return figures


if __name__ == '__main__':
    run_cli(make_parser(), main)
