"""SeparableConv2d: EfficientDet's cheap convolution (arXiv 1610.02357)."""

from collections import OrderedDict

import torch.nn as nn


class SeparableConv2d(nn.Sequential):
    """A 3x3 convolution of each channel, then a 1x1 one across channels.

    Maps (B, C_in, H, W) to (B, C_out, H, W).

    Args:
        in_channels: Channels C_in of the map.
        out_channels: Channels C_out of the result.
        bias: Whether the 1x1 convolution has one; a norm that follows makes
            it useless.
    """

    def __init__(
        self, in_channels: int, out_channels: int, bias: bool = False
    ) -> None:
        depthwise = nn.Conv2d(
            in_channels,
            in_channels,
            kernel_size=3,
            padding=1,
            groups=in_channels,
            bias=False,
        )
        pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=bias)
        super().__init__(OrderedDict(depthwise=depthwise, pointwise=pointwise))
