"""Says what weights file is used, and on what it would run."""

import argparse
import platform
from importlib import metadata

from .. import __version__
from ..apis.weights import find_weights, open_network
from ..engine.description import shift_in_words

_RUNTIMES = ('torch', 'onnxruntime')


def make_parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'weights',
        nargs='?',
        help='weights file, folder of a run, or name of a model on Hugging '
        'Face (the ready weights)',
    )
    parser.add_argument('--device', help='cpu, cuda, cuda:1 ...')
    return parser


def main(args: argparse.Namespace) -> None:
    """Prints one fact a line."""
    weights = find_weights(args.weights)
    network = open_network(
        weights, None, args.device, half=False, compile=False
    )
    side = network.input
    device = getattr(network, 'device', None)
    facts = {
        'fer-yolo-mamba': __version__,
        'Python': platform.python_version(),
        **{name: _version(name) for name in _RUNTIMES},
        'weights': weights,
        'device': device or 'cpu',
        'scan': "the model's own" if device is None else _scan(device.type),
        'classes': ', '.join(network.classes),
        'input': f'{side.side}x{side.side} {side.channels}',
        'sizes': ', '.join(f'{size:g}' for size in network.sizes),
        'least score': network.score_thr,
        'calibration': f'temperature {network.temperature:g}, '
        f'shift {shift_in_words(network.shift, network.classes, "g")}',
    }
    width = max(map(len, facts)) + 1
    for name, fact in facts.items():
        print(f'{name + ":":{width}} {fact}')


def _scan(device_type: str) -> str:
    # Only here: an ONNX model needs no torch.
    from ..ops.scan import choose_backend

    return choose_backend('auto', device_type)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return 'not installed'
