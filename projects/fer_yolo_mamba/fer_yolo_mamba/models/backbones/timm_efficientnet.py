"""mmdet's EfficientNet with weights that were saved under timm's names."""

import re

from mmdet.models import EfficientNet
from mmyolo.registry import MODELS
from torch import Tensor

# timm has seven stages of blocks; mmdet puts those of one side into one layer.
# Of each stage: mmdet's layer, and the blocks that come before it there.
_STAGES = [(1, 0), (2, 0), (3, 0), (4, 0), (4, 3), (5, 0), (5, 4)]
_STEM = {'conv_stem': 'conv', 'bn1': 'bn'}
_SQUEEZE_AND_EXCITATION = {
    'se.conv_reduce': 'se.conv1.conv',
    'se.conv_expand': 'se.conv2.conv',
}
_FIRST_STAGE = {  # which does not expand the channels
    'conv_dw': 'depthwise_conv.conv',
    'bn1': 'depthwise_conv.bn',
    'conv_pw': 'linear_conv.conv',
    'bn2': 'linear_conv.bn',
    **_SQUEEZE_AND_EXCITATION,
}
_LATER_STAGES = {
    'conv_pw': 'expand_conv.conv',
    'bn1': 'expand_conv.bn',
    'conv_dw': 'depthwise_conv.conv',
    'bn2': 'depthwise_conv.bn',
    'conv_pwl': 'linear_conv.conv',
    'bn3': 'linear_conv.bn',
    **_SQUEEZE_AND_EXCITATION,
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
