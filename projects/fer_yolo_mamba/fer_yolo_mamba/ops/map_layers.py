"""The layers around a scan: on a CPU, one pass over the map each.

PyTorch takes two or three, each of which reads and writes the map, and copies
where channels are a part of another map's. The kernels are those of
``csrc/map_layers.h``; where they do not serve, PyTorch's own layers do. In
training their inputs are kept, and nothing that can be computed again.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import cpu
from .map_calls import call_layer


def depthwise_silu(x: Tensor, conv: nn.Conv2d) -> Tensor:
    """SiLU of a depthwise convolution.

    Args:
        x: (B, H, W, C); its channels may be some of a wider map's.
        conv: Of C groups, 3x3, padded by one, with a bias.

    Returns:
        (B, H, W, C).
    """
    if _kernels_serve(x, conv):
        return _evaluate(_DepthwiseSiLU, x, conv.weight, conv.bias)
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
    if _kernels_serve(x, norm):
        return _evaluate(_GatedNorm, x, norm.weight, norm.bias, gate, norm.eps)
    y = norm(x)
    return y if gate is None else y * F.silu(gate)


def _kernels_serve(x: Tensor, layer: nn.Module) -> bool:
    # In inference, and where there is something to differentiate: neither
    # traces nor counts operations.
    return (
        not torch.compiler.is_compiling()
        and (torch.is_inference_mode_enabled() or _is_training(x, layer))
        and x.device.type == layer.weight.device.type == 'cpu'
        and x.dtype == layer.weight.dtype == torch.float32
        and not torch.is_autocast_enabled('cpu')
        and cpu.missing() is None
    )


def _is_training(x: Tensor, layer: nn.Module) -> bool:
    return torch.is_grad_enabled() and (
        x.requires_grad or layer.weight.requires_grad
    )


def _evaluate(function: type[torch.autograd.Function], *arguments) -> Tensor:
    if torch.is_inference_mode_enabled():  # without what a gradient needs
        return function.compute(*arguments)
    return function.apply(*arguments)


class _DepthwiseSiLU(torch.autograd.Function):
    @staticmethod
    def compute(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        out = x.new_empty(x.shape)
        call_layer(
            'depthwise_silu', x, weight=_taps(weight), bias=bias, out=out
        )
        return out

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight, bias)
        return _DepthwiseSiLU.compute(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor, ...]:
        x, weight, bias = ctx.saved_tensors
        taps = _taps(weight)
        grad_inner = x.new_empty(x.shape)
        # Of each tap's weights and, last, of the bias.
        sums = call_layer(
            'depthwise_silu_backward',
            x,
            sums=len(taps) + 1,
            weight=taps,
            bias=bias,
            grad=grad.contiguous(),
            grad_inner=grad_inner,
        )
        grad_x = x.new_empty(x.shape)
        call_layer(
            'depthwise_input_gradient',
            x,
            weight=taps.flip(0),
            grad_inner=grad_inner,
            out=grad_x,
        )
        return grad_x, sums[:-1].t().reshape(weight.shape), sums[-1]


class _GatedNorm(torch.autograd.Function):
    @staticmethod
    def compute(
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        gate: Tensor | None,
        epsilon: float,
    ) -> Tensor:
        out = x.new_empty(x.shape)
        call_layer(
            'gated_norm',
            x,
            gate,
            epsilon=epsilon,
            weight=weight,
            bias=bias,
            out=out,
        )
        return out

    @staticmethod
    def forward(ctx, x, weight, bias, gate, epsilon) -> Tensor:
        ctx.save_for_backward(x, weight, bias, gate)
        ctx.epsilon = epsilon
        return _GatedNorm.compute(x, weight, bias, gate, epsilon)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, bias, gate = ctx.saved_tensors
        grad_x = x.new_empty(x.shape)
        grad_gate = None if gate is None else x.new_empty(x.shape)
        grad_weight, grad_bias = call_layer(
            'gated_norm_backward',
            x,
            gate,
            epsilon=ctx.epsilon,
            sums=2,
            weight=weight,
            bias=bias,
            grad=grad.contiguous(),
            grad_inner=grad_gate,
            out=grad_x,
        )
        return grad_x, grad_weight, grad_bias, grad_gate, None


def _taps(weight: Tensor) -> Tensor:
    """Weights (C, 1, 3, 3) as (9, C)."""
    return weight.flatten(1).t().contiguous()
