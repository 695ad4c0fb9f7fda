"""The omnidirectional selective scan in C++ (``ops/csrc``).

The library is plain C functions called with pointers. It has no ``PyInit`` and
does not know PyTorch's headers: it compiles in seconds with any C++17 compiler,
serves every version of Python and PyTorch, and is loaded with ctypes.
"""

import ctypes
import math
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

DEVICE_TYPE = 'cpu'

_MAX_STATES = 64  # `kMaxStates` in csrc/omni_scan.h
_VERSION = 4  # of the interface: `omni_scan_version` in csrc/omni_scan.cpp
_SUFFIXES = {torch.float32: 'f32', torch.float64: 'f64'}


class _Scan(ctypes.Structure):
    """``Scan`` of csrc/omni_scan.h, which explains the fields."""

    _fields_ = (
        ('batch', ctypes.c_int64),
        ('length', ctypes.c_int64),
        ('channels', ctypes.c_int64),
        ('directions', ctypes.c_int64),
        ('states', ctypes.c_int64),
        ('rank', ctypes.c_int64),
        ('threads', ctypes.c_int64),
        ('groups', ctypes.c_int64),
        ('u_batch', ctypes.c_int64),
        ('u_pixel', ctypes.c_int64),
        ('dt_batch', ctypes.c_int64),
        ('dt_pixel', ctypes.c_int64),
        ('dt_direction', ctypes.c_int64),
        ('B_batch', ctypes.c_int64),
        ('B_pixel', ctypes.c_int64),
        ('B_direction', ctypes.c_int64),
        ('C_batch', ctypes.c_int64),
        ('C_pixel', ctypes.c_int64),
        ('C_direction', ctypes.c_int64),
        ('order', ctypes.c_void_p),
        ('u', ctypes.c_void_p),
        ('dt', ctypes.c_void_p),
        ('B', ctypes.c_void_p),
        ('C', ctypes.c_void_p),
        ('A', ctypes.c_void_p),
        ('D', ctypes.c_void_p),
        ('dt_weight', ctypes.c_void_p),
        ('dt_bias', ctypes.c_void_p),
        ('y', ctypes.c_void_p),
        ('checkpoints', ctypes.c_void_p),
        ('grad_y', ctypes.c_void_p),
        ('grad_u', ctypes.c_void_p),
        ('grad_inputs', ctypes.c_void_p),
        ('grad_parameters', ctypes.c_void_p),
    )


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | str:
    """The library, or a phrase that says why there is none."""
    paths = sorted(Path(__file__).parents[1].glob('_omni_scan.*'))
    if not paths:
        return 'not built'
    try:
        library = ctypes.CDLL(str(paths[0]))
    except OSError as error:
        return f'not loadable ({error})'
    if library.omni_scan_version() != _VERSION:
        return 'built from older sources'
    for suffix in _SUFFIXES.values():
        size = getattr(library, f'omni_scan_checkpoints_{suffix}')
        size.restype = ctypes.c_int64
    return library


def missing() -> str | None:
    """Why this backend cannot serve and how to get it, or None."""
    library = _library()
    if isinstance(library, ctypes.CDLL):
        return None
    return (
        f'is {library}: run `pip install -e .` in the project, with a C++17 '
        'compiler (g++ or clang++) installed'
    )


def scan(
    u: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    dt_weight: Tensor,
    dt_bias: Tensor,
    order: Tensor,
) -> Tensor:
    """See ``omni_selective_scan``; CPU tensors of float32 or float64.

    Args:
        u, dt, A, B, C, D, dt_weight, dt_bias: As there, of one dtype.
        order: Pixel visited at each position, (K, H*W), int64.

    Raises:
        ValueError: There are more than 64 states.
    """
    if A.shape[-1] > _MAX_STATES:
        raise ValueError(
            f'the C++ scan holds up to {_MAX_STATES} states a channel, not '
            f"{A.shape[-1]}: choose the backend 'torch'"
        )
    return _ScanFunction.apply(u, dt, A, B, C, D, dt_weight, dt_bias, order)


class _ScanFunction(torch.autograd.Function):
    """Keeps the states at every 64th position for backward, not all of them."""

    @staticmethod
    def forward(ctx, u, dt, A, B, C, D, dt_weight, dt_bias, order):
        tensors = (
            *(_with_pixel_stride(x) for x in (u, dt, B, C)),
            *(x.contiguous() for x in (A, D, dt_weight, dt_bias, order)),
        )
        call = _describe(*tensors)
        y = u.new_empty(u.shape)
        call.y = y.data_ptr()
        if any(ctx.needs_input_grad):
            checkpoints = u.new_empty(_call('checkpoints', u.dtype, call))
            call.checkpoints = checkpoints.data_ptr()
            ctx.save_for_backward(*tensors, checkpoints)
        _run('forward', u.dtype, call)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_y):
        *tensors, checkpoints = ctx.saved_tensors
        u, dt, _, _, A, D, _, _, order = tensors
        batch, height, width, channels = u.shape
        directions, rank, states = len(order), dt.shape[-1], A.shape[-1]

        call = _describe(*tensors)
        grad_y = grad_y.contiguous()
        grad_u = u.new_empty(u.shape)
        grad_inputs = u.new_zeros(
            call.groups, batch, height, width, directions, rank + 2 * states
        )
        grad_parameters = u.new_empty(
            batch, directions, channels, states + rank + 2
        )
        call.checkpoints = checkpoints.data_ptr()
        call.grad_y = grad_y.data_ptr()
        call.grad_u = grad_u.data_ptr()
        call.grad_inputs = grad_inputs.data_ptr()
        call.grad_parameters = grad_parameters.data_ptr()
        _run('backward', u.dtype, call)

        grad_inputs = grad_inputs[0] if call.groups == 1 else grad_inputs.sum(0)
        grad_dt, grad_B, grad_C = grad_inputs.split(
            (rank, states, states), dim=-1
        )
        grad_parameters = grad_parameters.sum(0)
        grad_A, grad_dt_weight, grad_dt_bias, grad_D = grad_parameters.split(
            (states, rank, 1, 1), dim=-1
        )
        return (
            grad_u,
            grad_dt,
            grad_A.reshape(A.shape),
            grad_B,
            grad_C,
            grad_D.reshape(D.shape),
            grad_dt_weight,
            grad_dt_bias.squeeze(-1),
            None,
        )


def _with_pixel_stride(x: Tensor) -> Tensor:
    """x (batch, H, W, ...) itself where one stride leads to every pixel.

    So are views of one projection, as dt, B and C; others are copied.
    """
    _, height, width, *_ = x.shape
    is_dense = x.stride(-1) == 1 or x.shape[-1] == 1
    rows_follow = (
        height == 1 or width == 1 or x.stride(1) == width * x.stride(2)
    )
    return x if is_dense and rows_follow else x.contiguous()


def _pixel_stride(x: Tensor) -> int:
    # The stride of a dimension of size 1 may be anything.
    return x.stride(2) if x.shape[2] > 1 else x.stride(1)


def _describe(u, dt, B, C, A, D, dt_weight, dt_bias, order) -> _Scan:
    batch, height, width, channels = u.shape
    threads = torch.get_num_threads()
    # As few groups of channels as give every thread the same number of tasks.
    groups = min(threads // math.gcd(threads, batch), math.ceil(channels / 16))
    call = _Scan(
        batch=batch,
        length=height * width,
        channels=channels,
        directions=len(order),
        states=A.shape[-1],
        rank=dt.shape[-1],
        threads=threads,
        groups=groups,
        u_batch=u.stride(0),
        u_pixel=_pixel_stride(u),
    )
    for name, x in (('dt', dt), ('B', B), ('C', C)):
        setattr(call, f'{name}_batch', x.stride(0))
        setattr(call, f'{name}_pixel', _pixel_stride(x))
        setattr(call, f'{name}_direction', x.stride(3))
    pointers = dict(
        u=u,
        dt=dt,
        B=B,
        C=C,
        A=A,
        D=D,
        dt_weight=dt_weight,
        dt_bias=dt_bias,
        order=order,
    )
    for name, x in pointers.items():
        setattr(call, name, x.data_ptr())
    return call


def _call(function: str, dtype: torch.dtype, call: _Scan) -> int:
    name = f'omni_scan_{function}_{_SUFFIXES[dtype]}'
    return getattr(_library(), name)(ctypes.byref(call))


def _run(function: str, dtype: torch.dtype, call: _Scan) -> None:
    if _call(function, dtype, call) != 0:
        raise MemoryError('no memory left for the omnidirectional scan')
