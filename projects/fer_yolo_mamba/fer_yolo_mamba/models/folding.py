"""Convolutions of one pixel that follow each other, made one for inference."""

import torch
import torch.nn as nn
from torch import Tensor


@torch.no_grad()
def fold_convolutions(first: nn.Conv2d, second: nn.Conv2d) -> nn.Conv2d:
    """The convolution that does what two do one after the other.

    Nothing stands between them; results change by no more than rounding.

    Args:
        first: Of size 1, C to D channels.
        second: Of size 1, E to F channels, the first D of which the first
            one gives; the others pass it by.

    Returns:
        Of C + (E - D) to F channels, with a bias.
    """
    weight = second.weight.flatten(1)
    folded, others = weight.tensor_split([first.out_channels], dim=1)
    bias = folded @ _bias(first) + _bias(second)
    weight = torch.cat([folded @ first.weight.flatten(1), others], 1)
    with torch.device('meta'):
        result = nn.Conv2d(weight.shape[1], len(weight), 1)
    result.weight = nn.Parameter(weight[:, :, None, None])
    result.bias = nn.Parameter(bias)
    return result.train(second.training)


def _bias(conv: nn.Conv2d) -> Tensor:
    if conv.bias is None:
        return conv.weight.new_zeros(conv.out_channels)
    return conv.bias
