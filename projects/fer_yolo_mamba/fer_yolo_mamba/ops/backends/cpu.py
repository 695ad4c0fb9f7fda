"""The omnidirectional selective scan in C++ (``ops/csrc``).

The library is plain C functions called with pointers. It has no ``PyInit`` and
does not know PyTorch's headers: it compiles in seconds with any C++17 compiler,
serves every version of Python and PyTorch, and is loaded with ctypes.
"""

import ctypes
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from ..scan_orders import ScanOrder, order_table
from .operator import scan_operator

DEVICE_TYPE = 'cpu'
READS_HALVES = False

_MAX_STATES, _CHUNK = 64, 32  # `kMaxStates` and `kChunk` in csrc/omni_scan.h
_VERSION = 6  # of the interface: `omni_scan_version` in csrc/omni_scan.cpp
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
    # Of the OpenMP that PyTorch runs on, whichever library that is.
    openmp = getattr(ctypes.CDLL(None), 'GOMP_parallel', None)
    library.omni_scan_use_openmp(openmp)
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


def _forward(
    u: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    dt_weight: Tensor,
    dt_bias: Tensor,
    orders: Sequence[ScanOrder],
    keep: bool,
) -> tuple[Tensor, Tensor]:
    """Keeps for backward the states at each chunk's start, not all of them.

    Raises:
        ValueError: There are more than 64 states.
    """
    if A.shape[-1] > _MAX_STATES:
        raise ValueError(
            f'the C++ scan holds up to {_MAX_STATES} states a channel, not '
            f"{A.shape[-1]}: choose the backend 'torch'"
        )
    call = _Call(u, dt, A, B, C, D, dt_weight, dt_bias, orders)
    y = u.new_empty(u.shape)
    kept = A.new_empty(_kept_shape(u, A, len(orders)) if keep else 0)
    call.run('forward', y=y, checkpoints=kept if keep else None)
    return y, kept


def _backward(
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
    orders: Sequence[ScanOrder],
) -> tuple[Tensor, Tensor, Tensor]:
    call = _Call(u, dt, A, B, C, D, dt_weight, dt_bias, orders)
    rank, states = dt.shape[-1], A.shape[-1]
    grad_u = u.new_empty(u.shape)
    grad_inputs = dt.new_zeros(call.groups, *dt.shape[:-1], rank + 2 * states)
    grad_parameters = A.new_empty(len(u), *dt_bias.shape, states + rank + 2)
    call.run(
        'backward',
        checkpoints=kept,
        grad_y=grad_y.contiguous(),
        grad_u=grad_u,
        grad_inputs=grad_inputs,
        grad_parameters=grad_parameters,
    )
    grad_inputs = grad_inputs[0] if call.groups == 1 else grad_inputs.sum(0)
    return grad_u, grad_inputs, grad_parameters.sum(0)


def _kept_shape(u: Tensor, A: Tensor, directions: int) -> tuple[int, ...]:
    batch, height, width, channels = u.shape
    chunks = (height * width + _CHUNK - 1) // _CHUNK
    lanes = _library().omni_scan_vector_bytes() // A.element_size()
    blocks = (channels + lanes - 1) // lanes
    return batch, directions, chunks, blocks, A.shape[-1], lanes


scan = scan_operator('cpu', _forward, _backward, _kept_shape)


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


class _Call:
    """A call of the library on these inputs."""

    def __init__(self, u, dt, A, B, C, D, dt_weight, dt_bias, orders):
        batch, height, width, channels = u.shape
        threads = torch.get_num_threads()
        # As few groups of channels as give every thread as many tasks.
        self.groups = min(
            threads // math.gcd(threads, batch), math.ceil(channels / 16)
        )
        maps = dict(u=u, dt=dt, B=B, C=C)
        maps = {name: _with_pixel_stride(x) for name, x in maps.items()}
        parameters = dict(A=A, D=D, dt_weight=dt_weight, dt_bias=dt_bias)
        self._suffix = _SUFFIXES[u.dtype]
        # Kept here: the library is given no more than their addresses.
        self._inputs = dict(
            **maps,
            **{name: x.contiguous() for name, x in parameters.items()},
            order=order_table(orders, height, width, u.device),
        )
        self._scan = _Scan(
            batch=batch,
            length=height * width,
            channels=channels,
            directions=len(orders),
            states=A.shape[-1],
            rank=dt.shape[-1],
            threads=threads,
            groups=self.groups,
        )
        for name, x in maps.items():
            setattr(self._scan, f'{name}_batch', x.stride(0))
            setattr(self._scan, f'{name}_pixel', _pixel_stride(x))
            if name != 'u':
                setattr(self._scan, f'{name}_direction', x.stride(3))

    def run(self, function: str, **tensors: Tensor | None) -> None:
        """Calls ``omni_scan_<function>`` with further tensors by name."""
        for name, x in (self._inputs | tensors).items():
            setattr(self._scan, name, None if x is None else x.data_ptr())
        name = f'omni_scan_{function}_{self._suffix}'
        if getattr(_library(), name)(ctypes.byref(self._scan)) != 0:
            raise MemoryError('no memory left for the omnidirectional scan')
