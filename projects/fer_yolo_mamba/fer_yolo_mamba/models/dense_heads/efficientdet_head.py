"""The head of EfficientDet (arXiv 1911.09070, Section 4.2)."""

from collections.abc import Sequence

import torch.nn as nn
from mmdet.models import RetinaHead
from mmdet.utils import ConfigType, OptMultiConfig
from mmengine.model import bias_init_with_prob
from mmyolo.registry import MODELS
from torch import Tensor

from ..layers import SharedConvNet


@MODELS.register_module()
class EfficientDetHead(RetinaHead):
    """RetinaNet's head with a class net and a box net of cheap convolutions.

    Anchors, matching, targets, losses and decoding are RetinaNet's; their
    settings are in ``configs/_base_/models/efficientdet_d0.py``.

    Args:
        norm_cfg: Normalisation, of each level its own.
        init_cfg: Initialisation of the convolutions.
        **kwargs: As of :class:`mmdet.models.RetinaHead`, of which
            ``stacked_convs`` is the depth of both nets.
    """

    def __init__(
        self,
        *args,
        norm_cfg: ConfigType = dict(type='BN', eps=1e-3, momentum=0.01),
        init_cfg: OptMultiConfig = dict(
            type='Kaiming',
            layer='Conv2d',
            mode='fan_in',
            nonlinearity='linear',
        ),
        **kwargs,
    ) -> None:
        super().__init__(*args, norm_cfg=norm_cfg, init_cfg=init_cfg, **kwargs)

    def _init_layers(self) -> None:
        def net(values_an_anchor: int) -> SharedConvNet:
            return SharedConvNet(
                self.prior_generator.num_levels,
                self.in_channels,
                self.feat_channels,
                self.num_base_priors * values_an_anchor,
                self.stacked_convs,
                self.norm_cfg,
            )

        self.class_net = net(self.cls_out_channels)
        self.box_net = net(self.bbox_coder.encode_size)

    def init_weights(self) -> None:
        """Begins with a score of 0.01 at every anchor, as RetinaNet does."""
        super().init_weights()
        nn.init.constant_(
            self.class_net.predict.pointwise.bias, bias_init_with_prob(0.01)
        )

    def forward(self, x: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Predicts classes and boxes.

        Args:
            x: The pyramid's levels, each (B, C, H, W).

        Returns:
            Of each level, logits (B, anchors * classes, H, W) and box
            deltas (B, anchors * 4, H, W).
        """
        return self.class_net(x), self.box_net(x)
