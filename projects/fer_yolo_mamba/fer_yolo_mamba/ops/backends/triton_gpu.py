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

from ..scan_orders import ScanOrder, order_table
from .operator import scan_operator

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


def kept_shape(u: Tensor, A: Tensor, directions: int) -> tuple[int, ...]:
    """The shape of the states that forward keeps: of each span, the first.

    Args:
        u: Input, (batch, H, W, D).
        A: Decay rates, (K * D, N).
        directions: K.

    Returns:
        (batch, K, spans, N, D).
    """
    batch, height, width, channels = u.shape
    spans = (height * width + _SPAN - 1) // _SPAN
    return batch, directions, spans, A.shape[-1], channels


def forward(
    u: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    dt_weight: Tensor,
    dt_bias: Tensor,
    orders: tuple[ScanOrder, ...],
    keep: bool,
) -> tuple[Tensor, Tensor]:
    """See ``omni_selective_scan``; computed in the dtype of the parameters.

    Args:
        u, dt, B, C: As there, of one dtype.
        A, D, dt_weight, dt_bias: As there, float32 (or float64).
        orders: The K directions.
        keep: Whether backward will follow.

    Returns:
        The output, (batch, H, W, D) of u's dtype, and what backward needs: a
        tensor of ``kept_shape``, or an empty one.
    """
    from . import triton_kernels

    arguments = _arguments(u, dt, A, B, C, D, dt_weight, dt_bias, orders)
    y = A.new_zeros(u.shape)
    kept = A.new_empty(kept_shape(u, A, len(orders)) if keep else 0)
    # 16 states of one channel to a thread; fewer where programs are too few.
    block = max(8, min(32, 512 // arguments['PADDED_STATES']))
    while block > 8 and _programs(u, orders, block) < _enough(u.device):
        block //= 2
    with torch.cuda.device_of(u):
        triton_kernels.forward[_grid(u, orders, block)](
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
    u: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    dt_weight: Tensor,
    dt_bias: Tensor,
    orders: tuple[ScanOrder, ...],
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of ``forward``.

    Args:
        grad_y: Gradient of the output, (batch, H, W, D).
        kept: What forward kept.
        u, dt, A, B, C, D, dt_weight, dt_bias, orders: As in forward.

    Returns:
        The gradients of u, in its dtype; of dt, B and C, one after the other in
        (batch, H, W, K, R + 2N); of A, dt_weight, dt_bias and D, likewise in
        (K, D, N + R + 2). The latter two are of the parameters' dtype.
    """
    from . import triton_kernels

    batch, height, width, channels = u.shape
    directions, rank, states = len(orders), dt.shape[-1], A.shape[-1]
    arguments = _arguments(u, dt, A, B, C, D, dt_weight, dt_bias, orders)
    # Four threads share 16 states of four channels, and have registers for two
    # positions; where states are many or programs too few, fewer channels.
    block = max(8, min(32, 512 // arguments['PADDED_STATES']))
    while block > 8 and _programs(u, orders, block) < _enough(u.device):
        block //= 2
    tile = max(1, min(2, 1024 // (block * arguments['PADDED_STATES'])))

    grad_u = A.new_zeros(u.shape)
    grad_inputs = A.new_zeros(
        batch, height, width, directions, rank + 2 * states
    )
    grad_parameters = A.new_empty(
        batch, directions, states + rank + 2, channels
    )
    scratch = A.new_empty(batch, directions, _SPAN // tile, states, channels)
    with torch.cuda.device_of(u):
        triton_kernels.backward[_grid(u, orders, block)](
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


scan = scan_operator('triton', forward, backward, kept_shape)


def _arguments(u, dt, A, B, C, D, dt_weight, dt_bias, orders) -> dict:
    """What both kernels take."""
    _, height, width, channels = u.shape
    u, dt, B, C = (_pixels_in_a_row(x) for x in (u, dt, B, C))
    states, rank = A.shape[-1], dt.shape[-1]
    paths, is_table = _paths(orders, height, width, u.device)
    strides = [stride for x in (dt, B, C) for stride in x.stride()[:3]]
    return dict(
        u=u,
        dt=dt,
        # The channels last, as everywhere else.
        A=A.unflatten(0, (-1, channels)).transpose(1, 2).contiguous(),
        B=B,
        C=C,
        D=D.contiguous(),
        dt_weight=dt_weight.transpose(1, 2).contiguous(),
        dt_bias=dt_bias.contiguous(),
        paths=paths,
        u_image=u.stride(0),
        u_pixel=u.stride(1),
        dt_image=dt.stride(0),
        dt_pixel=dt.stride(1),
        dt_direction=dt.stride(2),
        B_image=B.stride(0),
        B_pixel=B.stride(1),
        B_direction=B.stride(2),
        C_image=C.stride(0),
        C_pixel=C.stride(1),
        C_direction=C.stride(2),
        height=height,
        width=width,
        CHANNELS=channels,
        STATES=states,
        RANK=rank,
        PADDED_STATES=_power_of_two(states),
        PADDED_RANK=_power_of_two(rank),
        # Scalars that can be loaded at once, up to 16 bytes.
        UNIT=math.gcd(*strides, 16 // u.element_size()),
        TABLE=is_table,
        SPAN=_SPAN,
    )


def _pixels_in_a_row(x: Tensor) -> Tensor:
    """x (batch, H, W, ...) as (batch, H * W, ...), copied only if need be."""
    x = x.flatten(1, 2)
    return x if x.stride(-1) == 1 else x.contiguous()


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


def _grid(
    u: Tensor, orders: tuple[ScanOrder, ...], block: int
) -> tuple[int, int, int]:
    batch, _, _, channels = u.shape
    return math.ceil(channels / block), len(orders), batch


def _programs(u: Tensor, orders: tuple[ScanOrder, ...], block: int) -> int:
    return math.prod(_grid(u, orders, block))


def _enough(device: torch.device) -> int:
    """Programs, of one warp each, that keep all of a GPU's schedulers busy."""
    if device.type != 'cuda':
        return 0
    return 4 * torch.cuda.get_device_properties(device).multi_processor_count


def _power_of_two(x: int) -> int:
    return 1 << (x - 1).bit_length()
