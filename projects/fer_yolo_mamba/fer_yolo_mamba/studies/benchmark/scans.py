"""The omnidirectional scan against other ways to compute it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import torch

from ...ops import omni_selective_scan
from ...ops.backends import mamba_ssm
from . import memory
from .comparison import Comparison
from .plain_scan import plain_scan
from .scan_passes import PASSES, make_leaves
from .scan_size import NECK_SIZES, ScanSize
from .series import Series
from .target import Target
from .timing import synchronized, take_turns
from .unit import Unit

OURS = 'omni_selective_scan'
PLAIN = 'plain torch'
MAMBA = 'mamba-ssm'

_SCANS = {
    OURS: omni_selective_scan,
    PLAIN: plain_scan,
    MAMBA: mamba_ssm.scan,
}
_TIME = 'scan'
_MEMORY = 'peak extra memory of the scan'

# What the project promises, by measure and pass.
_CPU_TARGETS = {
    (_TIME, 'forward'): Target(200, at_least=True),
    (_TIME, 'forward + backward'): Target(100, at_least=True),
    (_MEMORY, 'forward + backward'): Target(0.1, at_least=False),
}
_GPU_TARGETS = {
    (_TIME, 'forward + backward'): Target(2, at_least=True),
    (_MEMORY, 'forward + backward'): Target(0.25, at_least=False),
}
_GPU_BATCH = 16


def compare_scans(
    sizes: Sequence[ScanSize], device: torch.device, rounds: int
) -> Iterator[Comparison]:
    """Times every scan that the device can run, and measures its memory.

    Args:
        sizes: Maps to scan, in eight directions with 16 states a channel.
        device: Where to scan them.
        rounds: Turns of each; see :func:`.take_turns`.

    Yields:
        For each size our scan against each rival: the time of a pass forward
        and of one forward and backward, then the memory of both.
    """
    names = [OURS, *rivals(device)]
    for size in sizes:
        for title, times in _time(names, size, device, rounds):
            yield from _compare(_TIME, title, size, device, times)
        if not memory.is_measurable(device):
            continue
        for title in PASSES:
            peaks = {
                name: Series((_measure_peak(name, title, size, device),))
                for name in names
            }
            yield from _compare(_MEMORY, title, size, device, peaks)


def rivals(device: torch.device) -> list[str]:
    """Names of the other scans that can run on a device."""
    if device.type != 'cuda' or mamba_ssm.missing():
        return [PLAIN]
    return [PLAIN, MAMBA]


def left_out(device: torch.device) -> list[str]:
    """What :func:`compare_scans` cannot do here, a sentence each."""
    sentences = []
    if device.type == 'cuda' and (reason := mamba_ssm.missing()):
        sentences.append(f'{MAMBA} is left out: it {reason}.')
    if not memory.is_measurable(device):
        sentences.append(
            'Memory is left out: on the CPU it is measured on Linux alone.'
        )
    return sentences


def _time(
    names: Sequence[str], size: ScanSize, device: torch.device, rounds: int
) -> Iterator[tuple[str, dict[str, Series]]]:
    leaves = make_leaves(size, device)
    for title, run in PASSES.items():
        calls = {
            name: synchronized(partial(run, _SCANS[name], leaves), device)
            for name in names
        }
        yield title, take_turns(calls, rounds)


def _measure_peak(
    name: str, title: str, size: ScanSize, device: torch.device
) -> int:
    case = name, title, size, device
    if device.type == 'cuda':
        return _peak(*case)
    return memory.in_fresh_process(_peak, *case)


def _peak(name: str, title: str, size: ScanSize, device: torch.device) -> int:
    run = partial(PASSES[title], _SCANS[name])
    run(make_leaves(replace(size, height=2, width=2, batch=1), device))
    leaves = make_leaves(size, device)
    return memory.peak_extra_bytes(partial(run, leaves), device)


def _compare(
    measure: str,
    title: str,
    size: ScanSize,
    device: torch.device,
    series: dict[str, Series],
) -> Iterator[Comparison]:
    for name, values in series.items():
        if name == OURS:
            continue
        targets = _targets(name, size, device)
        yield Comparison(
            f'{measure}, {title}',
            str(size),
            Unit.SECOND if measure == _TIME else Unit.BYTE,
            OURS,
            series[OURS],
            name,
            values,
            is_speedup=measure == _TIME,
            target=targets.get((measure, title)),
        )


def _targets(
    rival: str, size: ScanSize, device: torch.device
) -> dict[tuple[str, str], Target]:
    """Those that are stated for a case."""
    if (device.type, rival, size) == ('cpu', PLAIN, NECK_SIZES[0]):
        return _CPU_TARGETS
    gpu_sizes = [replace(size, batch=_GPU_BATCH) for size in NECK_SIZES]
    if (device.type, rival) == ('cuda', MAMBA) and size in gpu_sizes:
        return _GPU_TARGETS
    return {}
