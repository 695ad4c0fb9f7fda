"""The omnidirectional selective scan on GPUs, in Triton.

This file launches the kernels of ``triton_kernels``. They read maps in the
order in which they are visited, so that nothing is copied once per direction.
What directions add to one place is summed by atomic additions, in no fixed
order: results differ from run to run by rounding.
"""

import importlib.util
import math
import os
import shutil
from functools import lru_cache

import torch
from packaging.version import Version
from torch import Tensor

from .backend import ScanInputs, for_pointers, strides_of_maps
from .operator import scan_operator
from .orders import ScanOrder, order_table

DEVICE_TYPE = 'cuda'
READS_HALVES = True

_MIN_VERSION = Version('3.3')  # the first with tuples
# Positions between two states that are kept; every TILE divides it.
_SPAN = 32
# `divide` of triton_kernels is exact for dividend * divisor below.
_MAX_PRODUCT = 1 << 30


def missing() -> str | None:
    """Why this backend cannot serve and how to get it, or None."""
    is_installed = importlib.util.find_spec('triton') is not None
    if is_installed and os.environ.get('TRITON_INTERPRET') == '1':
        return None
    if not torch.cuda.is_available():
        return 'needs a CUDA device, and a PyTorch built for it'
    if not is_installed:
        return 'needs Triton: run `pip install triton`, on Linux'
    compilers = (os.environ['CC'],) if 'CC' in os.environ else ('gcc', 'clang')
    if not any(map(shutil.which, compilers)):
        return 'needs a C compiler, which Triton calls: install gcc'
    import triton

    if Version(triton.__version__) < _MIN_VERSION:
        return (
            f'needs Triton {_MIN_VERSION} or later, not {triton.__version__}: '
            "run `pip install 'torch>=2.7'`"
        )
    return None


def forward(
    inputs: ScanInputs, orders: tuple[ScanOrder, ...], keep: bool
) -> tuple[Tensor, Tensor]:
    """See ``scan_operator``; computed in the dtype of the parameters.

    Args:
        inputs: u, dt, B and C of one dtype; A, D, dt_weight and dt_bias in
            float32 (or float64).
        orders: The K directions.
        keep: Whether backward will follow.
    """
    from . import triton_kernels

    u, A = inputs.u, inputs.A
    arguments = _arguments(inputs, orders)
    y = A.new_zeros(u.shape)
    kept = A.new_empty(kept_shape(inputs) if keep else 0)
    # 16 states of one channel to a thread; fewer where programs are too few.
    block = max(8, min(32, 512 // arguments['PADDED_STATES']))
    while block > 8 and _programs(inputs, block) < _enough(u.device):
        block //= 2
    with torch.cuda.device_of(u):
        triton_kernels.forward[_grid(inputs, block)](
            **arguments,
            y=y,
            kept=kept,
            zero=0,
            BLOCK=block,
            TILE=4,
            KEEP=keep,
            num_warps=1,
        )
    return y.to(u.dtype), kept


def backward(
    grad_y: Tensor,
    kept: Tensor,
    inputs: ScanInputs,
    orders: tuple[ScanOrder, ...],
) -> tuple[Tensor, Tensor, Tensor]:
    """See ``scan_operator``; the gradients are computed as y is."""
    from . import triton_kernels

    u, A = inputs.u, inputs.A
    arguments = _arguments(inputs, orders)
    # Four threads share 16 states of four channels, and have registers for two
    # positions; where states are many or programs too few, fewer channels.
    block = max(8, min(32, 512 // arguments['PADDED_STATES']))
    while block > 8 and _programs(inputs, block) < _enough(u.device):
        block //= 2
    tile = max(1, min(2, 1024 // (block * arguments['PADDED_STATES'])))

    of_u, of_inputs, of_parameters = inputs.gradient_shapes
    directions, channels, columns = of_parameters
    grad_u = A.new_zeros(of_u)
    grad_inputs = A.new_zeros(of_inputs)
    grad_parameters = A.new_empty(len(u), directions, columns, channels)
    scratch = A.new_empty(
        len(u), directions, _SPAN // tile, inputs.states, channels
    )
    with torch.cuda.device_of(u):
        triton_kernels.backward[_grid(inputs, block)](
            **arguments,
            grad_y=grad_y.contiguous(),
            kept=kept,
            scratch=scratch,
            grad_u=grad_u,
            grad_inputs=grad_inputs,
            grad_parameters=grad_parameters,
            BLOCK=block,
            TILE=tile,
            num_warps=1,
        )
    grad_parameters = grad_parameters.sum(0).transpose(1, 2).contiguous()
    return grad_u.to(u.dtype), grad_inputs, grad_parameters


def kept_shape(inputs: ScanInputs) -> tuple[int, ...]:
    """Of the states that forward keeps: of each span the first.

    Returns:
        (batch, K, spans, N, D).
    """
    batch, height, width, channels = inputs.u.shape
    spans = (height * width + _SPAN - 1) // _SPAN
    return batch, inputs.directions, spans, inputs.states, channels


scan = scan_operator('triton', forward, backward, kept_shape)


def _arguments(inputs: ScanInputs, orders: tuple[ScanOrder, ...]) -> dict:
    """What both kernels take."""
    _, height, width, channels = inputs.u.shape
    inputs = for_pointers(inputs)
    rows = (
        stride
        for x in (inputs.dt, inputs.B, inputs.C)
        for stride in x.stride()[:-1]
    )
    paths, is_table = _paths(orders, height, width, inputs.u.device)
    return dict(
        **inputs._replace(
            # The channels last, as everywhere else.
            A=inputs.A.unflatten(0, (-1, channels))
            .transpose(1, 2)
            .contiguous(),
            dt_weight=inputs.dt_weight.transpose(1, 2).contiguous(),
        )._asdict(),
        paths=paths,
        **strides_of_maps(inputs, 'image', 'pixel', 'direction'),
        height=height,
        width=width,
        CHANNELS=channels,
        STATES=inputs.states,
        RANK=inputs.rank,
        PADDED_STATES=_power_of_two(inputs.states),
        PADDED_RANK=_power_of_two(inputs.rank),
        # Scalars that can be loaded at once, up to 16 bytes.
        UNIT=math.gcd(*rows, 16 // inputs.u.element_size()),
        TABLE=is_table,
        SPAN=_SPAN,
    )


# What is cached under inference mode must serve training, too.
@lru_cache(maxsize=64)
@torch.inference_mode(False)
def _paths(
    orders: tuple[ScanOrder, ...],
    height: int,
    width: int,
    device: torch.device,
) -> tuple[Tensor, bool]:
    """The directions as arithmetic, (K, 3), or else as a table, (K, H * W)."""
    walks = [order.walk for order in orders]
    # A column, before the remainder is taken, is less than 2 * height * width.
    product = 2 * height * width * max(height, width)
    if None in walks or product > _MAX_PRODUCT:
        return order_table(orders, height, width, device).int(), True
    return torch.tensor(walks, dtype=torch.int32, device=device), False


def _grid(inputs: ScanInputs, block: int) -> tuple[int, int, int]:
    batch, _, _, channels = inputs.u.shape
    return math.ceil(channels / block), inputs.directions, batch


def _programs(inputs: ScanInputs, block: int) -> int:
    return math.prod(_grid(inputs, block))


def _enough(device: torch.device) -> int:
    """Programs, of one warp each, that keep all of a GPU's schedulers busy."""
    if device.type != 'cuda':
        return 0
    return 4 * torch.cuda.get_device_properties(device).multi_processor_count


def _power_of_two(x: int) -> int:
    return 1 << (x - 1).bit_length()
