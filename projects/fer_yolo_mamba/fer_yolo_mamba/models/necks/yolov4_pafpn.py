"""The neck of YOLOv4: SPP and PANet (arXiv 2004.10934, Section 3.4)."""

from collections.abc import Sequence

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.utils import ConfigType
from mmyolo.models.necks.base_yolo_neck import BaseYOLONeck
from mmyolo.models.utils import make_divisible
from mmyolo.registry import MODELS

from ..layers import SpatialPyramidPooling


@MODELS.register_module()
class YOLOv4PAFPN(BaseYOLONeck):
    """Path aggregation by concatenation, with five convolutions a junction.

    The data flow at width 1, strides at the left, output channels of each
    layer behind its name:

    .. code-block:: text

        32  C5 - 3 conv, SPP, 3 conv 512 ------------ cat - 5 conv 512 -- P5
                    | conv 1x1 256, up x2              | conv 3x3 s2 512
        16  C4 --- cat - 5 conv 256 ----------- cat - 5 conv 256 -------- P4
            conv 1x1 256     | conv 1x1 128, up  | conv 3x3 s2 256
         8  C3 ------------ cat - 5 conv 128 ----+----------------------- P3
            conv 1x1 128

    Blocks of three or five alternate 1x1 and 3x3 convolutions, the 3x3 with
    twice the channels. The levels have 128, 256 and 512 channels (the table of
    layers in ``yolov4.cfg`` of darknet).

    Args:
        in_channels: Channels of C3, C4 and C5 at width 1.
        out_channels: Channels of P3, P4 and P5 at width 1.
        widen_factor: Multiplies all channels, rounded up to multiples of 8.
        norm_cfg: Normalisation of every convolution.
        act_cfg: Activation of every convolution.
        **kwargs: As of ``BaseYOLONeck`` of mmyolo.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (256, 512, 1024),
        out_channels: Sequence[int] = (128, 256, 512),
        widen_factor: float = 1.0,
        norm_cfg: ConfigType = dict(type='BN'),
        act_cfg: ConfigType = dict(type='LeakyReLU', negative_slope=0.1),
        **kwargs,
    ) -> None:
        super().__init__(
            in_channels=[make_divisible(c, widen_factor) for c in in_channels],
            out_channels=[
                make_divisible(c, widen_factor) for c in out_channels
            ],
            widen_factor=widen_factor,
            upsample_feats_cat_first=False,
            norm_cfg=norm_cfg,
            act_cfg=act_cfg,
            **kwargs,
        )

    def build_reduce_layer(self, idx: int) -> nn.Module:
        """A 1x1 convolution, around SPP at the coarsest level."""
        in_channels, channels = self.in_channels[idx], self.out_channels[idx]
        if idx < len(self.in_channels) - 1:
            return self._conv(in_channels, channels, 1)
        pooling = SpatialPyramidPooling()
        pooled_channels = (len(pooling.poolings) + 1) * channels
        return nn.Sequential(
            *self._convs(in_channels, channels, 3),
            pooling,
            *self._convs(pooled_channels, channels, 3),
        )

    def build_upsample_layer(self, idx: int) -> nn.Module:
        """A 1x1 convolution to the finer level's channels, and up x2."""
        return nn.Sequential(
            self._conv(self.out_channels[idx], self.out_channels[idx - 1], 1),
            nn.Upsample(scale_factor=2, mode='nearest'),
        )

    def build_top_down_layer(self, idx: int) -> nn.Module:
        """Five convolutions after the concatenation of the coarser level."""
        channels = self.out_channels[idx - 1]
        return nn.Sequential(*self._convs(2 * channels, channels, 5))

    def build_downsample_layer(self, idx: int) -> nn.Module:
        """A 3x3 convolution of stride two to the coarser level's channels."""
        return self._conv(
            self.out_channels[idx], self.out_channels[idx + 1], 3, stride=2
        )

    def build_bottom_up_layer(self, idx: int) -> nn.Module:
        """Five convolutions after the concatenation of the finer level."""
        channels = self.out_channels[idx + 1]
        return nn.Sequential(*self._convs(2 * channels, channels, 5))

    def build_out_layer(self, idx: int) -> nn.Module:
        """Nothing: the head begins with a convolution of its own."""
        return nn.Identity()

    def _convs(
        self, in_channels: int, channels: int, number: int
    ) -> list[nn.Module]:
        """1x1 to the channels, 3x3 to twice as many, 1x1 back, and so on."""
        layers = [self._conv(in_channels, channels, 1)]
        while len(layers) < number:
            layers += [
                self._conv(channels, 2 * channels, 3),
                self._conv(2 * channels, channels, 1),
            ]
        return layers

    def _conv(
        self, in_channels: int, channels: int, kernel_size: int, stride: int = 1
    ) -> nn.Module:
        return ConvModule(
            in_channels,
            channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            norm_cfg=self.norm_cfg,
            act_cfg=self.act_cfg,
        )
