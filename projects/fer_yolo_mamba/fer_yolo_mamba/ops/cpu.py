"""The omnidirectional selective scan in C++ (``ops/csrc``).

The library is plain C functions called with pointers. It has no ``PyInit`` and
does not know PyTorch's headers: it compiles in seconds with any C++17 compiler,
serves every version of Python and PyTorch, and is loaded with ctypes.
"""

import ctypes
from functools import lru_cache
from itertools import repeat
from pathlib import Path

import torch
from torch import Tensor

from .backend import ScanInputs, for_pointers, strides_of_maps
from .operator import scan_operator
from .orders import ScanOrder, order_table

DEVICE_TYPE = 'cpu'
READS_HALVES = False

_MAX_STATES, _CHUNK = 64, 16  # `kMaxStates` and `kChunk` in csrc/omni_scan.h
_VERSION = 9  # of the interface: `omni_scan_version` in csrc/omni_scan.cpp
_SUFFIXES = {torch.float32: 'f32', torch.float64: 'f64'}


class _Scan(ctypes.Structure):
    """``Scan`` of csrc/omni_scan.h, which explains the fields."""

    _numbers = (
        'batch length channels directions states rank threads groups '
        'u_batch u_pixel dt_batch dt_pixel dt_direction '
        'B_batch B_pixel B_direction C_batch C_pixel C_direction'
    )
    _addresses = (
        'order u dt B C A D dt_weight dt_bias y checkpoints '
        'grad_y grad_u grad_inputs grad_parameters'
    )
    _fields_ = (
        *zip(_numbers.split(), repeat(ctypes.c_int64)),
        *zip(_addresses.split(), repeat(ctypes.c_void_p)),
    )


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | str:
    """The library, or a phrase that says why there is none."""
    # Others, which bear a Python's name, were built here earlier.
    path = Path(__file__).with_name('_omni_scan.so')
    if not path.is_file():
        return 'not built'
    try:
        found = ctypes.CDLL(str(path))
    except OSError as error:
        return f'not loadable ({error})'
    if found.omni_scan_version() != _VERSION:
        return 'built from older sources'
    found.omni_scan_groups.argtypes = 3 * [ctypes.c_int64]
    # Of the OpenMP that PyTorch runs on, whichever library that is.
    openmp = getattr(ctypes.CDLL(None), 'GOMP_parallel', None)
    found.omni_scan_use_openmp(openmp)
    return found


def missing() -> str | None:
    """Why this backend cannot serve and how to get it, or None."""
    found = library()
    if isinstance(found, ctypes.CDLL):
        return None
    return (
        f'is {found}: run `pip install --force-reinstall --no-deps SOURCES` '
        'with the folder of the sources (`pip install -e .` in a checkout) and '
        'a C++17 compiler (g++ or clang++) installed'
    )


def _forward(
    inputs: ScanInputs, orders: tuple[ScanOrder, ...], keep: bool
) -> tuple[Tensor, Tensor]:
    """Keeps for backward the states at each chunk's start, not all of them.

    Raises:
        ValueError: There are more than 64 states.
    """
    if inputs.states > _MAX_STATES:
        raise ValueError(
            f'the C++ scan holds up to {_MAX_STATES} states a channel, not '
            f"{inputs.states}: choose the backend 'torch'"
        )
    call = _Call(inputs, orders)
    y = inputs.u.new_empty(inputs.u.shape)
    kept = inputs.A.new_empty(_kept_shape(inputs) if keep else 0)
    call.run('forward', y=y, checkpoints=kept if keep else None)
    return y, kept


def _backward(
    grad_y: Tensor,
    kept: Tensor,
    inputs: ScanInputs,
    orders: tuple[ScanOrder, ...],
) -> tuple[Tensor, Tensor, Tensor]:
    call = _Call(inputs, orders)
    of_u, of_inputs, of_parameters = inputs.gradient_shapes
    grad_u = grad_y.new_empty(of_u)
    grad_inputs = grad_y.new_zeros(call.groups, *of_inputs)
    grad_parameters = grad_y.new_empty(len(grad_y), *of_parameters)
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


def _kept_shape(inputs: ScanInputs) -> tuple[int, ...]:
    batch, height, width, channels = inputs.u.shape
    chunks = (height * width + _CHUNK - 1) // _CHUNK
    lanes = library().omni_scan_vector_bytes() // inputs.A.element_size()
    blocks = (channels + lanes - 1) // lanes
    return batch, inputs.directions, chunks, blocks, inputs.states, lanes


scan = scan_operator('cpu', _forward, _backward, _kept_shape)


class _Call:
    """A call of the library on these inputs."""

    def __init__(
        self, inputs: ScanInputs, orders: tuple[ScanOrder, ...]
    ) -> None:
        batch, height, width, channels = inputs.u.shape
        threads = torch.get_num_threads()
        self.groups = library().omni_scan_groups(threads, batch, channels)
        self._suffix = _SUFFIXES[inputs.u.dtype]
        inputs = for_pointers(inputs)
        # Kept here: the library is given no more than their addresses.
        self._inputs = dict(
            **inputs._asdict(),
            order=order_table(orders, height, width, inputs.u.device),
        )
        self._scan = _Scan(
            batch=batch,
            length=height * width,
            channels=channels,
            directions=inputs.directions,
            states=inputs.states,
            rank=inputs.rank,
            threads=threads,
            groups=self.groups,
            **strides_of_maps(inputs, 'batch', 'pixel', 'direction'),
        )

    def run(self, function: str, **tensors: Tensor | None) -> None:
        """Calls ``omni_scan_<function>`` with further tensors by name."""
        for name, x in (self._inputs | tensors).items():
            setattr(self._scan, name, None if x is None else x.data_ptr())
        name = f'omni_scan_{function}_{self._suffix}'
        if getattr(library(), name)(ctypes.byref(self._scan)) != 0:
            raise MemoryError('no memory left for the omnidirectional scan')
