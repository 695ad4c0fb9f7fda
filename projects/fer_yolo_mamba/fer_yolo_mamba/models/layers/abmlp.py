"""ABMLP: attention block with a multi-layer perceptron (paper, Alg. 1)."""

import torch.nn as nn
from mmyolo.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class ABMLP(nn.Module):
    """Weights each channel by what an MLP makes of the pooled map.

    Paper, Section III-D and Algorithm 1: global average pooling, three linear
    layers without bias (c -> c/r -> c/r -> c), two ReLUs and a sigmoid, then
    an elementwise product with the input.

    Args:
        channels: Channels c of the map.
        reduction: r; the inner layers keep at least one unit.

    Example:
        >>> ABMLP(32)(torch.rand(2, 32, 5, 7)).shape
        torch.Size([2, 32, 5, 7])
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        weights = self.mlp(x.mean(dim=(2, 3)))
        return x * weights[:, :, None, None]
