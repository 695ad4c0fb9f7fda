"""The plain network for configurations that describe no other."""

import json
from collections.abc import Mapping

import torch
import torch.nn as nn
from torch import Tensor
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .plain import STRIDES, ConvBN, PlainFERYOLOMamba

_STYLE = dict(
    norm_cfg=dict(type='BN', momentum=0.03, eps=0.001),
    act_cfg=dict(type='SiLU', inplace=True),
)
# What configurations say of the network that is built here, but for its width,
# depth and number of classes.
_BACKBONE = dict(
    type='YOLOXCSPDarknet',
    out_indices=[2, 3, 4],
    spp_kernal_sizes=[5, 9, 13],
    **_STYLE,
)
_NECK = dict(
    type='FERYOLOMambaPAFPN',
    in_channels=[256, 512, 1024],
    out_channels=256,
    **_STYLE,
)
_HEAD = dict(
    type='YOLOXHeadModule',
    in_channels=256,
    feat_channels=256,
    stacked_convs=2,
    featmap_strides=list(STRIDES),
    use_depthwise=False,
    **_STYLE,
)
_FREE = ('widen_factor', 'deepen_factor', 'num_classes', 'init_cfg')


def build_plain(
    model: Mapping, weights: Mapping[str, Tensor]
) -> PlainFERYOLOMamba | None:
    """Builds the detector that a configuration describes, if it is this one.

    Args:
        model: As ``config.model``, or as a weights file holds it.
        weights: Its state dict, which the detector takes as its own.

    Returns:
        It, for evaluation, batch normalisations in the convolutions before
        them; None where configuration or weights are another network's.
    """
    factors = _factors(model)
    if factors is None:
        return None
    with torch.device('meta'):
        detector = PlainFERYOLOMamba(**factors)
    wanted, given = (
        {
            name: value
            for name, value in tensors.items()
            # Batches that were seen: of use to a training alone.
            if not name.endswith('.num_batches_tracked')
        }
        for tensors in (detector.state_dict(), weights)
    )
    if wanted.keys() != given.keys() or any(
        given[name].shape != value.shape for name, value in wanted.items()
    ):
        return None
    detector.load_state_dict(given, strict=False, assign=True)
    for module in detector.eval().modules():
        if isinstance(module, ConvBN):
            module.conv = fuse_conv_bn_eval(module.conv, module.bn)
            module.bn = nn.Identity()
    for module in list(detector.modules()):
        if hasattr(module, 'fold_for_inference'):
            module.fold_for_inference()
    return detector.to(memory_format=torch.channels_last)


def _factors(model: Mapping) -> dict | None:
    """Width, depth and number of classes; None of another network."""
    try:
        backbone, neck, head = (
            # Tuples become lists, as in a weights file.
            json.loads(json.dumps(part))
            for part in (
                model['backbone'],
                model['neck'],
                model['bbox_head']['head_module'],
            )
        )
        factors = dict(
            widen_factor=backbone['widen_factor'],
            deepen_factor=backbone['deepen_factor'],
            num_classes=head['num_classes'],
        )
    except (KeyError, TypeError):
        return None
    same_width = {
        part.get('widen_factor') for part in (backbone, neck, head)
    } == {factors['widen_factor']}
    for part in (backbone, neck, head):
        for name in _FREE:
            part.pop(name, None)
    same = (backbone, neck, head) == (_BACKBONE, _NECK, _HEAD)
    return factors if same and same_width else None
