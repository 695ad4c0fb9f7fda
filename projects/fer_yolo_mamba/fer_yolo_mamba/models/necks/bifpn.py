"""BiFPN: the neck of EfficientDet (arXiv 1911.09070, Section 3)."""

from collections.abc import Sequence

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.utils import ConfigType, OptMultiConfig
from mmengine.model import BaseModule
from mmyolo.registry import MODELS
from torch import Tensor

from ..layers import BiFPNLayer


@MODELS.register_module()
class BiFPN(BaseModule):
    """A stack of :class:`BiFPNLayer` on the backbone's maps.

    A 1x1 convolution with BN brings C3, C4 and C5 to the channels of the
    pyramid; P6 is another one of C5, max-pooled, and P7 is P6 max-pooled. As
    in the official code, the way up of the first layer sees C4 and C5 through
    convolutions of its own.

    A convolution before a norm has no bias. The official code has both; with
    this, D0 for COCO's 90 classes has 3,877,763 parameters instead of
    3,880,067.

    Args:
        in_channels: Channels of the backbone's maps, from the finest on.
        out_channels: Channels of every level of the pyramid.
        num_outs: Levels of the pyramid, at least one more than maps.
        num_layers: How many layers are stacked.
        norm_cfg: Normalisation.
        init_cfg: Initialisation of the convolutions.

    Example:
        >>> neck = BiFPN([40, 112, 320])
        >>> maps = [torch.rand(1, c, s, s)
        ...         for c, s in [(40, 16), (112, 8), (320, 4)]]
        >>> [tuple(p.shape) for p in neck(maps)][::2]
        [(1, 64, 16, 16), (1, 64, 4, 4), (1, 64, 1, 1)]
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: int = 64,
        num_outs: int = 5,
        num_layers: int = 3,
        norm_cfg: ConfigType = dict(type='BN', eps=1e-3, momentum=0.01),
        init_cfg: OptMultiConfig = dict(
            type='Xavier', layer='Conv2d', distribution='uniform'
        ),
    ) -> None:
        super().__init__(init_cfg)

        def projections(channels: Sequence[int]) -> nn.ModuleList:
            return nn.ModuleList(
                ConvModule(c, out_channels, 1, norm_cfg=norm_cfg, act_cfg=None)
                for c in channels
            )

        # The last one makes the first level that the backbone lacks.
        self.laterals = projections([*in_channels, in_channels[-1]])
        self.shortcuts = projections(in_channels[1:])
        self.num_pooled = num_outs - len(in_channels)
        self.layers = nn.ModuleList(
            BiFPNLayer(num_outs, out_channels, norm_cfg)
            for _ in range(num_layers)
        )
        # As in BiFPNLayer.
        self.downsample = nn.MaxPool2d(3, stride=2, ceil_mode=True)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Makes the pyramid.

        Args:
            maps: The backbone's, each (B, C_i, H, W) with half the side of
                the one before. Sides are even down to the last but one level
                of the pyramid: P3 to P7 need pictures in multiples of 128.

        Returns:
            Levels of ``out_channels`` channels, from the finest on.
        """
        levels = [
            lateral(x)
            for lateral, x in zip(self.laterals, [*maps, maps[-1]], strict=True)
        ]
        levels[-1] = self.downsample(levels[-1])
        for _ in range(1, self.num_pooled):
            levels.append(self.downsample(levels[-1]))

        shortcuts = [
            shortcut(x)
            for shortcut, x in zip(self.shortcuts, maps[1:], strict=True)
        ]
        shortcuts += levels[len(maps) : -1]
        for layer in self.layers:
            levels = layer(levels, shortcuts)
            shortcuts = levels[1:-1]
        return tuple(levels)
