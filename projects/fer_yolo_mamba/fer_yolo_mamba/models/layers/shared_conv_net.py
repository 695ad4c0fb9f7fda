"""SharedConvNet: one network for every level of a pyramid."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from mmdet.utils import ConfigType
from torch import Tensor

from .separable_conv2d import SeparableConv2d


class SharedConvNet(nn.Module):
    """Separable convolutions with BN and SiLU, and one that predicts.

    EfficientDet's class net and box net (arXiv 1911.09070, Section 4.2): all
    levels share the convolutions, but each has norms of its own, since their
    statistics differ.

    Args:
        num_levels: Levels of the pyramid.
        in_channels: Channels C of each.
        feat_channels: Channels between the convolutions.
        out_channels: Channels K of the predictions.
        stacked_convs: Convolutions before the one that predicts.
        norm_cfg: Normalisation.
    """

    def __init__(
        self,
        num_levels: int,
        in_channels: int,
        feat_channels: int,
        out_channels: int,
        stacked_convs: int,
        norm_cfg: ConfigType,
    ) -> None:
        super().__init__()
        widths = [in_channels, *[feat_channels] * stacked_convs]
        self.convs = nn.ModuleList(
            SeparableConv2d(before, after) for before, after in pairwise(widths)
        )
        self.norms = nn.ModuleList(
            nn.ModuleList(
                build_norm_layer(norm_cfg, feat_channels)[1] for _ in self.convs
            )
            for _ in range(num_levels)
        )
        self.predict = SeparableConv2d(widths[-1], out_channels, bias=True)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Maps (B, C, H, W) of each level to (B, K, H, W)."""
        outs = []
        for norms, x in zip(self.norms, maps, strict=True):
            for conv, norm in zip(self.convs, norms, strict=True):
                x = F.silu(norm(conv(x)))
            outs.append(self.predict(x))
        return outs
