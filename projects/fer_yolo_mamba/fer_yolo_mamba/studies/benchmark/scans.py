"""The omnidirectional scan against other ways to compute it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ...models import OmniSS2D
from ...ops import (
    OMNI_ORDERS,
    ScanInputs,
    ScanOrder,
    gathered,
    omni_selective_scan,
)
from . import timing
from .measures import MeasuredPair, Series, Unit, pairs_of

OURS = 'omni_selective_scan'
PLAIN = 'plain torch'
MAMBA = 'mamba-ssm'

Scan = Callable[[ScanInputs, Sequence[ScanOrder]], Tensor]
Leaves = dict[str, Tensor]


@dataclass(frozen=True)
class ScanSize:
    """Size of the input of an omnidirectional scan.

    Attributes:
        height: Rows of the map.
        width: Its columns.
        channels: Channels D, an even number: twice those of the layer.
        batch: Maps.
    """

    height: int
    width: int
    channels: int
    batch: int = 1

    def __str__(self) -> str:
        return f'{self.height}×{self.width}×{self.channels}, batch {self.batch}'


#: The four scans of the neck for a picture of 320×320 pixels.
NECK_SIZES = (
    ScanSize(40, 40, 256),
    ScanSize(20, 20, 512),
    ScanSize(20, 20, 256),
    ScanSize(10, 10, 512),
)


def compare_scans(
    sizes: Sequence[ScanSize], device: torch.device, rounds: int
) -> Iterator[MeasuredPair]:
    """Times every scan that the device can run, and measures its memory.

    Args:
        sizes: Maps to scan, in eight directions with 16 states a channel.
        device: Where to scan them.
        rounds: Turns of each; see :func:`~.timing.take_turns`.

    Yields:
        For each size our scan against each rival: the time of a pass forward
        and of one forward and backward, then the memory of both.
    """
    names = [OURS, PLAIN]
    if device.type == 'cuda' and not gathered.missing():
        names.append(MAMBA)
    for size in sizes:
        for title, times in _time(names, size, device, rounds):
            yield from pairs_of(f'scan, {title}', str(size), Unit.SECOND, times)
        if not timing.memory_is_measurable(device):
            continue
        # On the CPU a call must not find memory that an earlier one has freed.
        measured = _peak
        if device.type != 'cuda':
            measured = partial(timing.in_fresh_process, _peak)
        for title in PASSES:
            peaks = {
                name: Series((measured(name, title, size, device),))
                for name in names
            }
            measure = f'peak extra memory of the scan, {title}'
            yield from pairs_of(measure, str(size), Unit.BYTE, peaks)


def left_out(device: torch.device) -> list[str]:
    """What :func:`compare_scans` cannot do here, a sentence each."""
    sentences = []
    if device.type == 'cuda' and (reason := gathered.missing()):
        sentences.append(f'{MAMBA} is left out: it {reason}.')
    if not timing.memory_is_measurable(device):
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
            name: timing.synchronized(
                partial(run, _SCANS[name], leaves), device
            )
            for name in names
        }
        yield title, timing.take_turns(calls, rounds)


def _peak(name: str, title: str, size: ScanSize, device: torch.device) -> int:
    run = partial(PASSES[title], _SCANS[name])
    run(make_leaves(replace(size, height=2, width=2, batch=1), device))
    leaves = make_leaves(size, device)
    return timing.peak_extra_bytes(partial(run, leaves), device)


def make_leaves(size: ScanSize, device: torch.device) -> Leaves:
    """Inputs as an untrained layer of the network gives them to its scan.

    Returns:
        u, A, D, dt_weight and dt_bias of the scan, and ``projected``, whose
        parts are dt, B and C; all of them require gradients.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layer = OmniSS2D(size.channels // 2, orders=OMNI_ORDERS)
        u = torch.randn(size.batch, size.height, size.width, size.channels)
    weight = layer.x_proj_weight
    projected = F.linear(u, weight.flatten(0, 1))
    leaves = dict(
        u=u,
        projected=projected.unflatten(-1, weight.shape[:2]),
        A=-layer.A_logs.exp(),
        D=layer.Ds,
        dt_weight=layer.dt_projs_weight,
        dt_bias=layer.dt_projs_bias,
    )
    return {
        name: x.detach().to(device).requires_grad_()
        for name, x in leaves.items()
    }


@torch.no_grad()
def forward(scan: Scan, leaves: Leaves) -> Tensor:
    """The output of a scan, as inference computes it."""
    return call_scan(scan, leaves)


def forward_backward(scan: Scan, leaves: Leaves) -> tuple[Tensor, ...]:
    """The gradients of all leaves, as training computes them."""
    y = call_scan(scan, leaves)
    return torch.autograd.grad(y, tuple(leaves.values()), y.detach())


#: The passes by the names that reports give them.
PASSES = {'forward': forward, 'forward + backward': forward_backward}


def call_scan(
    scan: Scan,
    leaves: Leaves,
    orders: Sequence[ScanOrder] = OMNI_ORDERS,
) -> Tensor:
    """The output of a scan whose dt, B and C are parts of ``projected``."""
    states, rank = leaves['A'].shape[-1], leaves['dt_weight'].shape[-1]
    dt, B, C = leaves['projected'].split((rank, states, states), dim=-1)
    others = {name: x for name, x in leaves.items() if name != 'projected'}
    return scan(ScanInputs(dt=dt, B=B, C=C, **others), orders)


def our_scan(
    inputs: ScanInputs, orders: Sequence[ScanOrder], backend: str = 'auto'
) -> Tensor:
    """By a backend; without its name, by the one that serves the network."""
    return omni_selective_scan(*inputs, orders, backend)


def plain_scan(inputs: ScanInputs, orders: Sequence[ScanOrder]) -> Tensor:
    """In plain PyTorch at its fastest; on any device.

    This is how a selective scan is written without a kernel, as the published
    reference of mamba-ssm is: the discretised factors of all positions at
    once, then one Python step a position. Two choices make it fast: all
    directions share the steps, and ``unbind`` hands out the positions, whose
    backward pass is one ``stack`` (indexing would write a whole gradient
    tensor for each position).
    """
    return gathered.gathered_scan(_scan_sequences, inputs, orders)


def _scan_sequences(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    delta_bias: Tensor,
) -> Tensor:
    """See ``gathered_scan``."""
    by_direction = partial(torch.unflatten, dim=1, sizes=(B.shape[1], -1))
    delta = F.softplus(delta + delta_bias.unsqueeze(-1))
    decay = torch.exp(delta.unsqueeze(-1) * A.unsqueeze(1))
    inflow = by_direction(delta * u).unsqueeze(-1) * B.mT.unsqueeze(2)
    inflow = inflow.flatten(1, 2)  # as decay: (batch, K * D, L, N)

    h = u.new_zeros(len(u), *A.shape)
    outputs = []
    for a, b, c in zip(
        decay.unbind(2), inflow.unbind(2), C.unbind(3), strict=True
    ):
        h = a * h + b
        outputs.append(torch.einsum('bkdn,bkn->bkd', by_direction(h), c))
    y = torch.stack(outputs, dim=-1).flatten(1, 2)
    return y + D.unsqueeze(-1) * u


_SCANS = {OURS: our_scan, PLAIN: plain_scan, MAMBA: gathered.scan}
