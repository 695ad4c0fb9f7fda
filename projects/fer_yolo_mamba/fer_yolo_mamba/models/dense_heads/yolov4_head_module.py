"""The layers of YOLOv4's head."""

from collections.abc import Sequence

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.utils import ConfigType
from mmyolo.models.dense_heads.yolov5_head import YOLOv5HeadModule
from mmyolo.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class YOLOv4HeadModule(YOLOv5HeadModule):
    """YOLOv3's head: at each level a 3x3 convolution and the prediction.

    The 3x3 convolution doubles the channels; a 1x1 convolution then predicts
    box, objectness and classes of three anchors. The biases start as mmyolo's
    YOLOv5 lets them, with few objects an image (darknet starts them at zero).

    Args:
        num_classes: Number of classes.
        in_channels: Channels of each level at width 1.
        norm_cfg: Normalisation of the 3x3 convolutions.
        act_cfg: Activation of the 3x3 convolutions.
        **kwargs: As of :class:`mmyolo.models.YOLOv5HeadModule`.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: Sequence[int] = (128, 256, 512),
        norm_cfg: ConfigType = dict(type='BN'),
        act_cfg: ConfigType = dict(type='LeakyReLU', negative_slope=0.1),
        **kwargs,
    ) -> None:
        self.norm_cfg = norm_cfg
        self.act_cfg = act_cfg
        super().__init__(num_classes, in_channels, **kwargs)

    def _init_layers(self) -> None:
        self.convs = nn.ModuleList()
        self.convs_pred = nn.ModuleList()
        num_outputs = self.num_base_priors * self.num_out_attrib
        for channels in self.in_channels:
            self.convs.append(
                ConvModule(
                    channels,
                    2 * channels,
                    kernel_size=3,
                    padding=1,
                    norm_cfg=self.norm_cfg,
                    act_cfg=self.act_cfg,
                )
            )
            self.convs_pred.append(nn.Conv2d(2 * channels, num_outputs, 1))

    def forward(self, x: tuple[Tensor, ...]) -> tuple[list[Tensor], ...]:
        """Predicts from the maps of all levels, (B, channels, H, W).

        Returns:
            Class scores (B, A * classes, H, W), boxes (B, A * 4, H, W) and
            objectness (B, A, H, W) of A anchors, before the sigmoid, each as a
            list over the levels.
        """
        return super().forward(
            [conv(level) for conv, level in zip(self.convs, x, strict=True)]
        )
