"""FRM: feature refinement module, the local branch (paper, Fig. 2)."""

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.utils import ConfigType
from mmyolo.registry import MODELS
from torch import Tensor

from .abmlp import ABMLP


@MODELS.register_module()
class FRM(nn.Module):
    """Squeezes the channels, attends to them and restores their number.

    1x1 convolution c -> c/2, BN, ReLU; :class:`ABMLP`; 1x1 convolution
    c/2 -> c, BN (paper, Section III-C; no convolution has a bias).

    Args:
        channels: Channels c of the map, even.
        norm_cfg: Normalisation of both convolutions.
    """

    def __init__(
        self, channels: int, norm_cfg: ConfigType = dict(type='BN')
    ) -> None:
        super().__init__()
        hidden = channels // 2
        self.squeeze = ConvModule(
            channels, hidden, 1, norm_cfg=norm_cfg, act_cfg=dict(type='ReLU')
        )
        self.attention = ABMLP(hidden)
        self.restore = ConvModule(
            hidden, channels, 1, norm_cfg=norm_cfg, act_cfg=None
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        return self.restore(self.attention(self.squeeze(x)))
