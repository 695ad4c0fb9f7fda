"""The cross-stage partial layer of CSPDarknet53 (arXiv 1911.11929)."""

import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.models.layers.csp_layer import DarknetBottleneck
from mmdet.utils import ConfigType
from torch import Tensor


class YOLOv4CSPLayer(nn.Module):
    """Residual blocks on one of two branches, which a convolution then fuses.

    Unlike mmdet's ``CSPLayer`` it has one more 1x1 convolution behind the
    blocks. The parts stand in the order of darknet's layers, which the reader
    of darknet's weights relies on.

    Args:
        channels: Channels C of the input and the output.
        branch_channels: Channels of each branch.
        num_blocks: Residual blocks, each 1x1 to C / 2 and 3x3 back.
        norm_cfg: Normalisation of every convolution.
        act_cfg: Activation of every convolution.
    """

    def __init__(
        self,
        channels: int,
        branch_channels: int,
        num_blocks: int,
        norm_cfg: ConfigType,
        act_cfg: ConfigType,
    ) -> None:
        super().__init__()
        cfg = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        self.short_conv = ConvModule(channels, branch_channels, 1, **cfg)
        self.main_conv = ConvModule(channels, branch_channels, 1, **cfg)
        self.blocks = nn.Sequential(
            *(
                DarknetBottleneck(
                    branch_channels,
                    branch_channels,
                    expansion=channels / 2 / branch_channels,
                    **cfg,
                )
                for _ in range(num_blocks)
            )
        )
        self.post_conv = ConvModule(branch_channels, branch_channels, 1, **cfg)
        self.final_conv = ConvModule(2 * branch_channels, channels, 1, **cfg)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        main = self.post_conv(self.blocks(self.main_conv(x)))
        return self.final_conv(torch.cat((main, self.short_conv(x)), dim=1))
