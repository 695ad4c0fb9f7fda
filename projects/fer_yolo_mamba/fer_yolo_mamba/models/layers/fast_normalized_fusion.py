"""FastNormalizedFusion: EfficientDet's weighted sum of maps."""

from collections.abc import Iterable

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


class FastNormalizedFusion(nn.Module):
    """Adds maps, each with a learnt share.

    EfficientDet (arXiv 1911.09070), Section 3.3: with a weight w_i of each
    map, kept non-negative by a ReLU, the output is the sum over i of
    w_i / (eps + sum_j w_j) times map i. All weights begin at one.

    Args:
        num_maps: How many maps there are to add.
        eps: Keeps the quotient finite when every weight is zero.

    Example:
        >>> maps = torch.zeros(1, 2, 3, 3), torch.ones(1, 2, 3, 3)
        >>> FastNormalizedFusion(2)(maps).mean()
        tensor(0.5000, grad_fn=<MeanBackward0>)
    """

    def __init__(self, num_maps: int, eps: float = 1e-4) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_maps))
        self.eps = eps

    def shares(self) -> Tensor:
        """What each map counts: (num_maps,), at least 0, sum below 1."""
        weight = F.relu(self.weight)
        return weight / (weight.sum() + self.eps)

    def forward(self, maps: Iterable[Tensor]) -> Tensor:
        """Adds maps of one shape (B, C, H, W)."""
        return sum(
            share * x for share, x in zip(self.shares(), maps, strict=True)
        )
