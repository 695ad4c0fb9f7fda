"""A gradient without gaps between its pixels, for the layer before."""

import torch
from torch import Tensor


class DenseGradient(torch.autograd.Function):
    """The map itself; its gradient is laid out as the map is, without gaps.

    The gradient of a part of a concatenation is a view of the whole one's.
    PyTorch's batch normalisation on a CPU takes such a view pixel by pixel, by
    general code: on 16 maps of 40x40x128 five times as long as a copy of the
    view and its fast code.
    """

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        """Maps (B, C, H, W)."""
        last = torch.channels_last
        dense = x.is_contiguous(memory_format=last)
        ctx.layout = last if dense else torch.contiguous_format
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        """Copies only a view with gaps."""
        return gradient.contiguous(memory_format=ctx.layout)
