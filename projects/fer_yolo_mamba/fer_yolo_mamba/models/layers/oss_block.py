"""OSS: omnidirectional state space block, the global branch (Fig. 2)."""

import torch.nn as nn
from mmdet.utils import ConfigType
from mmyolo.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class OSSBlock(nn.Module):
    """x + OmniSS2D(LayerNorm(x)).

    Args:
        channels: Channels of the map.
        scan_cfg: Further arguments of :class:`OmniSS2D`, or, with a ``type``,
            the layer that takes its place, such as :class:`GatedConv`.
    """

    def __init__(
        self, channels: int, scan_cfg: ConfigType | None = None
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)  # as VMamba
        scan_cfg = {'type': 'OmniSS2D', **(scan_cfg or {})}
        self.ss = MODELS.build(dict(scan_cfg, channels=channels))

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        y = self.ss(self.norm(x.permute(0, 2, 3, 1)))
        return x + y.permute(0, 3, 1, 2)
