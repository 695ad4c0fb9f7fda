"""The layers around a scan: in inference on a CPU, one pass over the map each.

PyTorch takes two or three, each of which reads and writes the map, and copies
where channels are a part of another map's. The kernels are those of
``csrc/map_layers.h``; in training, and wherever else they do not serve,
PyTorch's own layers do.
"""

import ctypes
from itertools import repeat

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from . import cpu


def depthwise_silu(x: Tensor, conv: nn.Conv2d) -> Tensor:
    """SiLU of a depthwise convolution.

    Args:
        x: (B, H, W, C); its channels may be some of a wider map's.
        conv: Of C groups, 3x3, padded by one, with a bias.

    Returns:
        (B, H, W, C).
    """
    if _kernel_serves(x):
        taps = conv.weight.flatten(1).t().contiguous()
        return _run('depthwise_silu', x, taps, conv.bias)
    return F.silu(conv(x.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)


def gated_norm(x: Tensor, norm: nn.LayerNorm, gate: Tensor | None = None):
    """Layer norm over the channels, multiplied by SiLU(gate) if there is one.

    Args:
        x: (B, H, W, C); its channels may be some of a wider map's.
        norm: Of C channels, with weights and biases.
        gate: As x.

    Returns:
        Tensor: (B, H, W, C).
    """
    if _kernel_serves(x):
        return _run(
            'gated_norm', x, norm.weight, norm.bias, gate, epsilon=norm.eps
        )
    y = norm(x)
    return y if gate is None else y * F.silu(gate)


class _MapLayer(ctypes.Structure):
    """``MapLayer`` of csrc/omni_scan.h, which explains the fields."""

    _numbers = 'rows height width channels threads x_pixel gate_pixel'
    _addresses = 'x gate weight bias out'
    _fields_ = (
        *zip(_numbers.split(), repeat(ctypes.c_int64)),
        *zip(_addresses.split(), repeat(ctypes.c_void_p)),
        ('epsilon', ctypes.c_float),
    )


def _kernel_serves(x: Tensor) -> bool:
    # Only where nothing is to be differentiated, traced or counted.
    return (
        not torch.compiler.is_compiling()
        and torch.is_inference_mode_enabled()
        and x.device.type == 'cpu'
        and x.dtype == torch.float32
        and not torch.is_autocast_enabled('cpu')
        and cpu.missing() is None
    )


def _run(
    function: str,
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    gate: Tensor | None = None,
    epsilon: float = 0,
) -> Tensor:
    batch, height, width, channels = x.shape
    out = x.new_empty(x.shape)
    x = _pixels(x)
    layer = _MapLayer(
        rows=batch * height,
        height=height,
        width=width,
        channels=channels,
        threads=torch.get_num_threads(),
        x_pixel=x.stride(0),
        x=x.data_ptr(),
        weight=weight.data_ptr(),
        bias=bias.data_ptr(),
        out=out.data_ptr(),
        epsilon=epsilon,
    )
    if gate is not None:
        gate = _pixels(gate)
        layer.gate, layer.gate_pixel = gate.data_ptr(), gate.stride(0)
    run = getattr(cpu.library(), f'omni_{function}')
    if run(ctypes.byref(layer)) != 0:
        raise MemoryError('no memory left for a layer around the scan')
    return out


def _pixels(x: Tensor) -> Tensor:
    """x as (B * H * W, C), each pixel's values dense; a copy if need be."""
    x = x.reshape(-1, x.shape[-1])
    return x if x.stride(1) == 1 else x.contiguous()
