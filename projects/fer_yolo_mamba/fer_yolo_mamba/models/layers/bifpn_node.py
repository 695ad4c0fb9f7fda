"""BiFPNNode: one meeting point of maps in a BiFPN."""

import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from mmdet.utils import ConfigType
from torch import Tensor

from .fast_normalized_fusion import FastNormalizedFusion
from .separable_conv2d import SeparableConv2d


class BiFPNNode(nn.Module):
    """Fuses maps of one size: weighted sum, SiLU, separable convolution, BN.

    The activation comes before the convolution, as in the official code.

    Args:
        num_maps: How many maps meet here.
        channels: Channels C of each.
        norm_cfg: Normalisation.
    """

    def __init__(
        self, num_maps: int, channels: int, norm_cfg: ConfigType
    ) -> None:
        super().__init__()
        self.fusion = FastNormalizedFusion(num_maps)
        self.conv = SeparableConv2d(channels, channels)
        self.norm = build_norm_layer(norm_cfg, channels)[1]

    def forward(self, *maps: Tensor) -> Tensor:
        """Maps of one shape (B, C, H, W) to one of this shape."""
        return self.norm(self.conv(F.silu(self.fusion(maps))))
