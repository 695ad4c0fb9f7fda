"""The Triton kernels against the same in float64: output and gradients."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ..ops import OMNI_ORDERS, ScanInputs, ScanOrder, triton_gpu
from ..ops.backend import in_precision
from .benchmark.scans import Scan, ScanSize, call_scan, our_scan

DTYPES = (torch.float32, torch.float16, torch.bfloat16)
TOLERANCES = dict(zip(DTYPES, (2e-5, 2e-3, 1e-2), strict=True))
"""Of the largest value of each tensor; 16 bits are what results are stored in.
"""


@dataclass(frozen=True)
class Case:
    """Inputs on which the kernels are compared with the reference."""

    size: ScanSize
    states: int
    rank: int
    orders: tuple[ScanOrder, ...] = OMNI_ORDERS
    dtypes: tuple[torch.dtype, ...] = DTYPES

    def __str__(self) -> str:
        directions = len(self.orders)
        return f'{self.size}, N {self.states}, R {self.rank}, K {directions}'


def errors_of(
    case: Case, dtype: torch.dtype, device: torch.device
) -> dict[str, float]:
    """The largest error of each tensor, relative to its largest value."""
    size, directions = case.size, len(case.orders)
    pixels = size.batch, size.height, size.width
    rows, generator = directions * size.channels, torch.Generator(device)
    generator.manual_seed(0)
    randn = partial(
        torch.randn, generator=generator, device=device, dtype=torch.float64
    )
    inputs = dict(
        u=randn(*pixels, size.channels).to(dtype),
        projected=randn(*pixels, directions, case.rank + 2 * case.states).to(
            dtype
        ),
        A=-randn(rows, case.states).exp().float(),
        D=randn(rows).float(),
        dt_weight=randn(directions, size.channels, case.rank).float() / 2,
        dt_bias=randn(directions, size.channels).float() - 2,
    )
    weights = randn(*pixels, size.channels).to(dtype) / 16

    def run(scan: Scan, convert: Callable[[Tensor], Tensor]) -> list[Tensor]:
        leaves = {
            name: convert(x).requires_grad_() for name, x in inputs.items()
        }
        y = call_scan(scan, leaves, case.orders)
        gradients = torch.autograd.grad(
            y, tuple(leaves.values()), convert(weights)
        )
        return [y.detach(), *gradients]

    expected = run(partial(our_scan, backend='torch'), Tensor.double)
    actual = run(triton_scan, Tensor.clone)
    return {
        name: float((a - b).abs().max() / b.abs().max().clamp(min=1e-30))
        for name, a, b in zip(('y', *inputs), actual, expected, strict=True)
    }


def triton_scan(inputs: ScanInputs, orders: Sequence[ScanOrder]) -> Tensor:
    """By the Triton kernels; on a CPU their interpreter must be on."""
    inputs = in_precision(inputs, triton_gpu.READS_HALVES)
    return triton_gpu.scan(inputs, tuple(orders))
