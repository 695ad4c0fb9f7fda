"""Calls of the C++ library's layers on maps, see ``csrc/map_layers.h``."""

import ctypes
from itertools import repeat

import torch
from torch import Tensor

from . import cpu


class _MapLayer(ctypes.Structure):
    """``MapLayer`` of csrc/omni_scan.h, which explains the fields."""

    _numbers = 'rows height width channels threads x_pixel gate_pixel'
    _addresses = 'x gate weight bias out grad grad_inner sums'
    _fields_ = (
        *zip(_numbers.split(), repeat(ctypes.c_int64)),
        *zip(_addresses.split(), repeat(ctypes.c_void_p)),
        ('tasks', ctypes.c_int64),
        ('task_sums', ctypes.c_int64),
        ('epsilon', ctypes.c_float),
    )


def call_layer(
    function: str,
    x: Tensor,
    gate: Tensor | None = None,
    epsilon: float = 0,
    sums: int = 0,
    **dense: Tensor | None,
) -> Tensor:
    """Calls ``omni_<function>``.

    Args:
        function: The name.
        x: (B, H, W, C) in float32; its channels may be some of a wider map's.
        gate: As x.
        epsilon: Of a norm.
        sums: How many values of each channel are summed over the map.
        **dense: Further fields of the struct, without gaps; results, too.

    Returns:
        The sums, (sums, C).

    Raises:
        MemoryError: There is too little memory.
    """
    batch, height, width, channels = x.shape
    threads = torch.get_num_threads()
    rows = batch * height
    # Some tasks a thread, as others may take their cores from them.
    tasks = min(4 * threads if threads > 1 else 1, rows)
    of_tasks = x.new_zeros(tasks, sums, channels)
    x = _pixels(x)
    layer = _MapLayer(
        rows=rows,
        height=height,
        width=width,
        channels=channels,
        threads=threads,
        x_pixel=x.stride(0),
        x=x.data_ptr(),
        sums=of_tasks.data_ptr(),
        tasks=tasks,
        task_sums=sums * channels,
        epsilon=epsilon,
    )
    if gate is not None:
        gate = _pixels(gate)
        layer.gate, layer.gate_pixel = gate.data_ptr(), gate.stride(0)
    for name, tensor in dense.items():
        setattr(layer, name, None if tensor is None else tensor.data_ptr())
    run = getattr(cpu.library(), f'omni_{function}')
    if run(ctypes.byref(layer)) != 0:
        raise MemoryError('no memory left for a layer around the scan')
    return of_tasks.sum(0)


def _pixels(x: Tensor) -> Tensor:
    """x as (B * H * W, C), each pixel's values dense; a copy if need be."""
    x = x.reshape(-1, x.shape[-1])
    return x if x.stride(1) == 1 else x.contiguous()
