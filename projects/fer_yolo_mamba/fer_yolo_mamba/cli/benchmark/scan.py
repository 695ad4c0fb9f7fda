"""The scan against other ways to compute it."""

import argparse
import re
from dataclasses import replace

from ...compat.environment import Environment
from ...engine.devices import usable_device
from ...studies.benchmark.report import Report
from ...studies.benchmark.scans import (
    NECK_SIZES,
    ScanSize,
    compare_scans,
    left_out,
)
from .part import DEVICE, Args, Part, number, told


def _measure(args: Args) -> Report:
    device = usable_device(args.device)
    sizes = [replace(size, batch=args.batch) for size in args.maps]
    return Report(
        Environment.of(device),
        told(compare_scans(sizes, device, args.rounds)),
        notes=tuple(left_out(device)),
    )


def _size(text: str) -> ScanSize:
    found = re.fullmatch(r'([1-9]\d*)x([1-9]\d*)x([1-9]\d*)', text)
    if not found or int(found[3]) % 2:
        raise argparse.ArgumentTypeError(
            f'{text} is not HxWxD with an even D, as 40x40x256'
        )
    return ScanSize(*map(int, found.groups()))


_NAMES = [f'{x.height}x{x.width}x{x.channels}' for x in NECK_SIZES]

SCAN = Part(
    'scan',
    'the omnidirectional scan against plain PyTorch',
    _measure,
    DEVICE
    | {
        '--maps': dict(
            nargs='+',
            type=_size,
            default=NECK_SIZES[:1],
            metavar='HxWxD',
            help=f"maps; the neck's are {' '.join(_NAMES)} ({_NAMES[0]})",
        )
    }
    | number('--batch', 1, 'maps at once')
    | number('--rounds', 9, 'turns of each scan'),
)
