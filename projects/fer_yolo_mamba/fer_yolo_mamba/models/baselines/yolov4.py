"""YOLOv4 (arXiv 2004.10934, Section 3.4): backbone and neck."""

from collections.abc import Sequence

import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.models.layers.csp_layer import DarknetBottleneck
from mmdet.utils import ConfigType
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmyolo.models.backbones.base_backbone import BaseBackbone
from mmyolo.models.necks.base_yolo_neck import BaseYOLONeck
from mmyolo.models.utils import make_divisible, make_round
from mmyolo.registry import MODELS
from torch import Tensor

# mmcv has torch's activations by name, but for this one.
MMENGINE_MODELS.register_module(name='Mish', module=nn.Mish)


@MODELS.register_module()
class YOLOv4CSPDarknet(BaseBackbone):
    """CSPDarknet53: a 3x3 convolution and five stages that each halve the map.

    A stage is a 3x3 convolution of stride two and a :class:`YOLOv4CSPLayer`
    with 1, 2, 8, 8 or 4 residual blocks. The first stage keeps its channels in
    both branches, the others halve them (the table of layers in ``yolov4.cfg``
    of darknet). The map of stage i has stride 2 ** i, and 64, 128, 256, 512 or
    1024 channels.

    Args:
        out_indices: Stages whose maps are the output, the finest first.
        norm_cfg: Normalisation of every convolution.
        act_cfg: Activation of every convolution.
        **kwargs: As of ``BaseBackbone`` of mmyolo, such as ``deepen_factor`` of
            the residual blocks and ``widen_factor`` of the channels.
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
        out_indices: Sequence[int] = (3, 4, 5),
        norm_cfg: ConfigType = dict(type='BN'),
        act_cfg: ConfigType = dict(type='Mish'),
        **kwargs,
    ) -> None:
        super().__init__(
            self.arch_setting,
            out_indices=out_indices,
            norm_cfg=norm_cfg,
            act_cfg=act_cfg,
            **kwargs,
        )

    def build_stem_layer(self) -> nn.Module:
        """The convolution at full resolution."""
        channels = make_divisible(self.arch_setting[0][0], self.widen_factor)
        return _conv(self, self.input_channels, channels, 3)

    def build_stage_layer(
        self, stage_idx: int, setting: tuple[int, int, int, bool]
    ) -> list[nn.Module]:
        """The layers of one stage from its row of ``arch_setting``."""
        in_channels, channels, num_blocks, halved = setting
        in_channels = make_divisible(in_channels, self.widen_factor)
        channels = make_divisible(channels, self.widen_factor)
        return [
            _conv(self, in_channels, channels, 3, stride=2),
            YOLOv4CSPLayer(
                channels,
                channels // 2 if halved else channels,
                make_round(num_blocks, self.deepen_factor),
                norm_cfg=self.norm_cfg,
                act_cfg=self.act_cfg,
            ),
        ]


class YOLOv4CSPLayer(nn.Module):
    """Residual blocks on one of two branches, which a convolution then fuses.

    The cross-stage partial layer (arXiv 1911.11929), unlike mmdet's with one
    more 1x1 convolution behind the blocks. The parts stand in the order of
    darknet's layers, which the reader of darknet's weights relies on.

    Args:
        channels: Channels C of the input and the output.
        branch_channels: Channels of each branch.
        num_blocks: Residual blocks, each 1x1 to C / 2 and 3x3 back.
        **cfg: ``norm_cfg`` and ``act_cfg`` of every convolution.
    """

    def __init__(
        self, channels: int, branch_channels: int, num_blocks: int, **cfg
    ) -> None:
        super().__init__()
        self.short_conv = ConvModule(channels, branch_channels, 1, **cfg)
        self.main_conv = ConvModule(channels, branch_channels, 1, **cfg)
        expansion = channels / 2 / branch_channels
        self.blocks = nn.Sequential(
            *(
                DarknetBottleneck(*[branch_channels] * 2, expansion, **cfg)
                for _ in range(num_blocks)
            )
        )
        self.post_conv = ConvModule(branch_channels, branch_channels, 1, **cfg)
        self.final_conv = ConvModule(2 * branch_channels, channels, 1, **cfg)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        main = self.post_conv(self.blocks(self.main_conv(x)))
        return self.final_conv(torch.cat((main, self.short_conv(x)), dim=1))


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
            *(
                [make_divisible(c, widen_factor) for c in channels]
                for channels in (in_channels, out_channels)
            ),
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
            return _conv(self, in_channels, channels, 1)
        pooling = SpatialPyramidPooling()
        pooled_channels = (len(pooling.poolings) + 1) * channels
        before = self._convs(in_channels, channels, 3)
        after = self._convs(pooled_channels, channels, 3)
        return nn.Sequential(*before, pooling, *after)

    def build_upsample_layer(self, idx: int) -> nn.Module:
        """A 1x1 convolution to the finer level's channels, and up x2."""
        return nn.Sequential(
            _conv(self, self.out_channels[idx], self.out_channels[idx - 1], 1),
            nn.Upsample(scale_factor=2, mode='nearest'),
        )

    def build_top_down_layer(self, idx: int) -> nn.Module:
        """Five convolutions after the concatenation of the coarser level."""
        channels = self.out_channels[idx - 1]
        return nn.Sequential(*self._convs(2 * channels, channels, 5))

    def build_downsample_layer(self, idx: int) -> nn.Module:
        """A 3x3 convolution of stride two to the coarser level's channels."""
        finer, coarser = self.out_channels[idx : idx + 2]
        return _conv(self, finer, coarser, 3, stride=2)

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
        layers = [_conv(self, in_channels, channels, 1)]
        while len(layers) < number:
            layers += [
                _conv(self, channels, 2 * channels, 3),
                _conv(self, 2 * channels, channels, 1),
            ]
        return layers


class SpatialPyramidPooling(nn.Module):
    """The maxima over windows of three sizes, and last the map itself.

    The order of the output's channels is that of darknet's files.
    """

    def __init__(self) -> None:
        super().__init__()
        self.poolings = nn.ModuleList(
            nn.MaxPool2d(size, stride=1, padding=size // 2)
            for size in (13, 9, 5)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to (B, (number of windows + 1) * C, H, W)."""
        return torch.cat([*(pool(x) for pool in self.poolings), x], dim=1)


def _conv(
    owner: nn.Module,
    in_channels: int,
    channels: int,
    kernel_size: int,
    stride: int = 1,
) -> nn.Module:
    """A convolution with the normalisation and activation of its owner."""
    cfg = dict(norm_cfg=owner.norm_cfg, act_cfg=owner.act_cfg)
    size = dict(stride=stride, padding=kernel_size // 2)
    return ConvModule(in_channels, channels, kernel_size, **size, **cfg)
