"""CSPDarknet53, the backbone of YOLOv4 (arXiv 2004.10934, Section 3.4)."""

from collections.abc import Sequence

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.utils import ConfigType
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmyolo.models.backbones.base_backbone import BaseBackbone
from mmyolo.models.utils import make_divisible, make_round
from mmyolo.registry import MODELS

from ..layers import YOLOv4CSPLayer

# mmcv has torch's activations by name, but for this one.
MMENGINE_MODELS.register_module(name='Mish', module=nn.Mish)


@MODELS.register_module()
class YOLOv4CSPDarknet(BaseBackbone):
    """A 3x3 convolution and five stages that each halve the map.

    A stage is a 3x3 convolution of stride two and a :class:`YOLOv4CSPLayer`
    with 1, 2, 8, 8 or 4 residual blocks. The first stage keeps its channels in
    both branches, the others halve them (the table of layers in ``yolov4.cfg``
    of darknet). The map of stage i has stride 2 ** i, and 64, 128, 256, 512 or
    1024 channels.

    Args:
        deepen_factor: Multiplies the number of residual blocks.
        widen_factor: Multiplies the channels, rounded up to multiples of 8.
        out_indices: Stages whose maps are the output, the finest first.
        norm_cfg: Normalisation of every convolution.
        act_cfg: Activation of every convolution.
        **kwargs: As of ``BaseBackbone`` of mmyolo.
    """

    # Input and output channels, residual blocks, halved branches.
    arch_setting = (
        (32, 64, 1, False),
        (64, 128, 2, True),
        (128, 256, 8, True),
        (256, 512, 8, True),
        (512, 1024, 4, True),
    )

    def __init__(
        self,
        deepen_factor: float = 1.0,
        widen_factor: float = 1.0,
        out_indices: Sequence[int] = (3, 4, 5),
        norm_cfg: ConfigType = dict(type='BN'),
        act_cfg: ConfigType = dict(type='Mish'),
        **kwargs,
    ) -> None:
        super().__init__(
            self.arch_setting,
            deepen_factor=deepen_factor,
            widen_factor=widen_factor,
            out_indices=out_indices,
            norm_cfg=norm_cfg,
            act_cfg=act_cfg,
            **kwargs,
        )

    def build_stem_layer(self) -> nn.Module:
        """The convolution at full resolution."""
        channels = make_divisible(self.arch_setting[0][0], self.widen_factor)
        return self._conv(self.input_channels, channels, stride=1)

    def build_stage_layer(
        self, stage_idx: int, setting: tuple[int, int, int, bool]
    ) -> list[nn.Module]:
        """The layers of one stage from its row of ``arch_setting``."""
        in_channels, channels, num_blocks, halved = setting
        in_channels = make_divisible(in_channels, self.widen_factor)
        channels = make_divisible(channels, self.widen_factor)
        return [
            self._conv(in_channels, channels, stride=2),
            YOLOv4CSPLayer(
                channels,
                channels // 2 if halved else channels,
                make_round(num_blocks, self.deepen_factor),
                self.norm_cfg,
                self.act_cfg,
            ),
        ]

    def _conv(self, in_channels: int, channels: int, stride: int) -> nn.Module:
        return ConvModule(
            in_channels,
            channels,
            kernel_size=3,
            stride=stride,
            padding=1,
            norm_cfg=self.norm_cfg,
            act_cfg=self.act_cfg,
        )
