"""GatedMixer: what OmniSS2D and its stand-in have in common (Fig. 2, SS)."""

from abc import ABC, abstractmethod

import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


class GatedMixer(nn.Module, ABC):
    """Lets the pixels of a map act on each other, gated by the map itself.

    A linear layer makes x and z, 2c channels each. x passes a depthwise 3x3
    convolution, SiLU, ``mix`` and a layer norm; multiplied by SiLU(z), a last
    linear layer brings it back to c.

    Args:
        channels: Channels c of the map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = 2 * channels
        self.in_proj = nn.Linear(channels, 2 * inner, bias=False)
        self.conv2d = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.out_norm = nn.LayerNorm(inner)
        self.out_proj = nn.Linear(inner, channels, bias=False)

    @abstractmethod
    def mix(self, x: Tensor) -> Tensor:
        """Maps (B, H, W, 2c) to the same shape, across pixels."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, H, W, C) to the same shape."""
        x, z = self.in_proj(x).chunk(2, dim=-1)
        x = F.silu(self.conv2d(x.permute(0, 3, 1, 2)))
        y = self.mix(x.permute(0, 2, 3, 1))
        return self.out_proj(self.out_norm(y) * F.silu(z))
