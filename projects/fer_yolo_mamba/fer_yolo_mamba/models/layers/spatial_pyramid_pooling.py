"""Spatial pyramid pooling as YOLOv3-SPP and YOLOv4 use it."""

from collections.abc import Sequence

import torch
import torch.nn as nn
from torch import Tensor


class SpatialPyramidPooling(nn.Module):
    """The map beside its maxima over windows of several sizes.

    Args:
        kernel_sizes: Sides of the windows, odd, in the order of the output's
            channels; the map itself comes last, as in darknet's files.
    """

    def __init__(self, kernel_sizes: Sequence[int] = (13, 9, 5)) -> None:
        super().__init__()
        self.poolings = nn.ModuleList(
            nn.MaxPool2d(size, stride=1, padding=size // 2)
            for size in kernel_sizes
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, (number of windows + 1) * C, H, W)."""
        return torch.cat([*(pool(x) for pool in self.poolings), x], dim=1)
