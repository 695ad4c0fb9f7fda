"""OSS: omnidirectional state space block, the global branch (Fig. 2)."""

from collections.abc import Sequence

import torch.nn as nn
from mmyolo.registry import MODELS
from torch import Tensor

from ...ops import OMNI_ORDERS, ScanOrder
from .omni_ss2d import OmniSS2D


@MODELS.register_module()
class OSSBlock(nn.Module):
    """x + OmniSS2D(LayerNorm(x)).

    Args:
        channels: Channels of the map.
        d_state: States of each channel.
        orders: The directions of the scan.
        scan_backend: See :func:`~fer_yolo_mamba.ops.omni_selective_scan`.
    """

    def __init__(
        self,
        channels: int,
        d_state: int = 16,
        orders: Sequence[ScanOrder] = OMNI_ORDERS,
        scan_backend: str = 'auto',
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)  # as VMamba
        self.ss = OmniSS2D(channels, d_state, orders, scan_backend)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        y = self.ss(self.norm(x.permute(0, 2, 3, 1)))
        return x + y.permute(0, 3, 1, 2)
