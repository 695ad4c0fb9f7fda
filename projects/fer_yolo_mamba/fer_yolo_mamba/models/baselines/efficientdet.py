"""EfficientDet (arXiv 1911.09070): neck, head, and what loads its backbone."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule, build_norm_layer
from mmdet.models import EfficientNet, RetinaHead
from mmdet.utils import ConfigType, OptMultiConfig
from mmengine.model import BaseModule, bias_init_with_prob
from mmyolo.registry import MODELS
from torch import Tensor


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

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Makes the pyramid.

        Args:
            maps: The backbone's, each (B, C_i, H, W) with half the side of
                the one before. Sides are even down to the last but one level
                of the pyramid: P3 to P7 need pictures in multiples of 128.

        Returns:
            Levels of ``out_channels`` channels, from the finest on.
        """
        inputs = [*maps, maps[-1]]
        levels = [f(x) for f, x in zip(self.laterals, inputs, strict=True)]
        levels[-1] = _halve(levels[-1])
        for _ in range(1, self.num_pooled):
            levels.append(_halve(levels[-1]))

        inputs = maps[1:]
        shortcuts = [f(x) for f, x in zip(self.shortcuts, inputs, strict=True)]
        shortcuts += levels[len(maps) : -1]
        for layer in self.layers:
            levels = layer(levels, shortcuts)
            shortcuts = levels[1:-1]
        return tuple(levels)


class BiFPNLayer(nn.Module):
    """Hands information down the pyramid and up again (Fig. 2 d).

    For five levels:

    .. code-block:: text

        P7 --+------------------> node --> P7
             | up x2                ^ down x2
        P6 -node--+-------------> node --> P6     the way up also gets
                  | up x2           ^ down x2     the level's input
        P5 ----- node--+--------> node --> P5     (not drawn)
                       | up x2      ^ down x2
        P4 ---------- node--+---> node --> P4
                            | up x2 ^ down x2
        P3 --------------- node ----+----> P3

    Up is the nearest pixel, down the largest of 3x3 pixels; every level has
    twice the side of the one above it.

    Args:
        num_levels: Levels of the pyramid.
        channels: Channels C of each level.
        norm_cfg: Normalisation in the nodes.
    """

    def __init__(
        self, num_levels: int, channels: int, norm_cfg: ConfigType
    ) -> None:
        super().__init__()

        def nodes(*numbers_of_maps: int) -> nn.ModuleList:
            return nn.ModuleList(
                BiFPNNode(n, channels, norm_cfg) for n in numbers_of_maps
            )

        self.top_down = nodes(*[2] * (num_levels - 1))  # P6, P5, P4, P3
        self.bottom_up = nodes(*[3] * (num_levels - 2), 2)  # P4, P5, P6, P7

    def forward(
        self, maps: Sequence[Tensor], shortcuts: Sequence[Tensor]
    ) -> list[Tensor]:
        """Refines maps (B, C, H, W), each with half the side of the one before.

        Args:
            maps: The levels from the finest on.
            shortcuts: What the way up gets as the input of the levels between
                the finest and the coarsest: ``maps[1:-1]``, or other
                projections of the same maps.
        """
        *finer, coarsest = maps
        down = [coarsest]
        for node, x in zip(self.top_down, reversed(finer), strict=True):
            down.append(node(x, F.interpolate(down[-1], size=x.shape[-2:])))

        finest, *between, _ = reversed(down)
        outs = [finest]
        *nodes, last = self.bottom_up
        for node, shortcut, x in zip(nodes, shortcuts, between, strict=True):
            outs.append(node(shortcut, x, _halve(outs[-1])))
        return [*outs, last(coarsest, _halve(outs[-1]))]


def _halve(x: Tensor) -> Tensor:
    """The largest of 3x3 pixels around every second one.

    On an even side the window may stick out by one pixel at the far end alone:
    TensorFlow's padding, with which D0 was published.
    """
    return F.max_pool2d(x, 3, stride=2, ceil_mode=True)


class BiFPNNode(nn.Module):
    """Fuses maps of one size: weighted sum, SiLU, separable convolution, BN.

    The activation comes before the convolution, as in the official code.
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


class FastNormalizedFusion(nn.Module):
    """Adds maps, each with a learnt share (Section 3.3).

    With a weight w_i of each map, kept non-negative by a ReLU, the output is
    the sum over i of w_i / (eps + sum_j w_j) times map i. All weights begin at
    one.

    Args:
        num_maps: How many maps there are to add.
        eps: Keeps the quotient finite when every weight is zero.
    """

    def __init__(self, num_maps: int, eps: float = 1e-4) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_maps))
        self.eps = eps

    def shares(self) -> Tensor:
        """What each map counts: (num_maps,), at least 0, sum below 1."""
        weight = F.relu(self.weight)
        return weight / (weight.sum() + self.eps)

    def forward(self, maps: Iterable[Tensor]) -> Tensor:
        """Adds maps of one shape (B, C, H, W)."""
        return sum(
            share * x for share, x in zip(self.shares(), maps, strict=True)
        )


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
            type='Kaiming', layer='Conv2d', mode='fan_in', nonlinearity='linear'
        ),
        **kwargs,
    ) -> None:
        super().__init__(*args, norm_cfg=norm_cfg, init_cfg=init_cfg, **kwargs)

    def _init_layers(self) -> None:
        anchors = self.num_base_priors
        shared = (
            self.prior_generator.num_levels,
            self.in_channels,
            self.feat_channels,
            self.stacked_convs,
            self.norm_cfg,
        )
        self.class_net = SharedConvNet(anchors * self.cls_out_channels, *shared)
        self.box_net = SharedConvNet(
            anchors * self.bbox_coder.encode_size, *shared
        )

    def init_weights(self) -> None:
        """Begins with a score of 0.01 at every anchor, as RetinaNet does."""
        super().init_weights()
        bias = self.class_net.predict.pointwise.bias
        nn.init.constant_(bias, bias_init_with_prob(0.01))

    def forward(self, x: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Predicts classes and boxes from maps (B, C, H, W) of each level.

        Returns:
            Of each level, logits (B, anchors * classes, H, W) and box
            deltas (B, anchors * 4, H, W).
        """
        return self.class_net(x), self.box_net(x)


class SharedConvNet(nn.Module):
    """Separable convolutions with BN and SiLU, and one that predicts.

    EfficientDet's class net and box net (Section 4.2): all levels share the
    convolutions, but each has norms of its own, since their statistics differ.

    Args:
        out_channels: Channels K of the predictions.
        num_levels: Levels of the pyramid.
        in_channels: Channels C of each.
        feat_channels: Channels between the convolutions.
        stacked_convs: Convolutions before the one that predicts.
        norm_cfg: Normalisation.
    """

    def __init__(
        self,
        out_channels: int,
        num_levels: int,
        in_channels: int,
        feat_channels: int,
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


class SeparableConv2d(nn.Sequential):
    """A 3x3 convolution of each channel, a 1x1 one across (arXiv 1610.02357).

    Args:
        in_channels: Channels C_in of the maps (B, C_in, H, W).
        out_channels: Channels C_out of the result, (B, C_out, H, W).
        bias: Whether the 1x1 convolution has one, useless before a norm.
    """

    def __init__(
        self, in_channels: int, out_channels: int, bias: bool = False
    ) -> None:
        same = dict(padding=1, groups=in_channels, bias=False)
        depthwise = nn.Conv2d(in_channels, in_channels, 3, **same)
        pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=bias)
        super().__init__(OrderedDict(depthwise=depthwise, pointwise=pointwise))


@MODELS.register_module()
class TimmEfficientNet(EfficientNet):
    """EfficientNet-B0 that takes checkpoints of mmdet and of timm.

    The public port of EfficientDet's COCO weights to PyTorch has timm's
    names. Arguments are those of :class:`mmdet.models.EfficientNet`.
    """

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *args, **kwargs
    ) -> None:
        for name in list(state_dict):
            if name.startswith(prefix):
                renamed = prefix + mmdet_name(name.removeprefix(prefix))
                state_dict[renamed] = state_dict.pop(name)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


# timm has seven stages of blocks; mmdet puts those of one side into one layer.
# Of each stage: mmdet's layer, and the blocks that come before it there.
_STAGES = [(1, 0), (2, 0), (3, 0), (4, 0), (4, 3), (5, 0), (5, 4)]
_STEM = {'conv_stem': 'conv', 'bn1': 'bn'}


_SQUEEZE = {
    'se.conv_reduce': 'se.conv1.conv',
    'se.conv_expand': 'se.conv2.conv',
}
# The first stage does not expand the channels.
_FIRST_STAGE = _SQUEEZE | {
    'conv_dw': 'depthwise_conv.conv',
    'bn1': 'depthwise_conv.bn',
    'conv_pw': 'linear_conv.conv',
    'bn2': 'linear_conv.bn',
}
_LATER_STAGES = _SQUEEZE | {
    'conv_pw': 'expand_conv.conv',
    'bn1': 'expand_conv.bn',
    'conv_dw': 'depthwise_conv.conv',
    'bn2': 'depthwise_conv.bn',
    'conv_pwl': 'linear_conv.conv',
    'bn3': 'linear_conv.bn',
}


def mmdet_name(timm_name: str) -> str:
    """A parameter of EfficientNet-B0 under mmdet's name.

    Any other name stays as it is.

    Example:
        >>> mmdet_name('blocks.4.1.conv_pwl.weight')
        'layers.4.4.linear_conv.conv.weight'
    """
    part, _, value = timm_name.rpartition('.')
    if part in _STEM:
        return f'layers.0.{_STEM[part]}.{value}'
    found = re.fullmatch(r'blocks\.(\d)\.(\d)\.(.+)', part)
    if found is None:
        return timm_name
    stage, block = int(found[1]), int(found[2])
    layer, before = _STAGES[stage]
    parts = _LATER_STAGES if stage else _FIRST_STAGE
    return f'layers.{layer}.{before + block}.{parts[found[3]]}.{value}'
