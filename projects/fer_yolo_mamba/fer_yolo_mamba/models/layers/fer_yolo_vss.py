"""FER-YOLO-VSS: the dual-branch block of the neck (paper, Fig. 2)."""

from collections.abc import Sequence

import torch
import torch.nn as nn
from mmdet.utils import ConfigType
from mmyolo.registry import MODELS
from torch import Tensor

from ...ops import OMNI_ORDERS, ScanOrder
from .frm import FRM
from .oss_block import OSSBlock


@MODELS.register_module()
class FERYOLOVSS(nn.Module):
    """Refines one half of the channels locally, the other globally.

    .. code-block:: text

              +-- left ---> FRM --+
        x ----|                   cat --> 1x1 convolution --> (+ x) --> y
              +-- right --> OSS --+

    The variants of the paper follow from the channels: VSS1 halves them and
    has no shortcut, VSS2 keeps them and adds its input.

    Args:
        in_channels: Channels of the input, even.
        out_channels: Channels of the output.
        norm_cfg: Normalisation in the FRM branch.
        d_state: States of each channel in the OSS branch.
        orders: Directions of its scan.
        scan_backend: See :func:`~fer_yolo_mamba.ops.omni_selective_scan`.

    Example:
        >>> vss2 = MODELS.build(
        ...     dict(type='FERYOLOVSS', in_channels=64, out_channels=64))
        >>> vss2(torch.rand(1, 64, 6, 9)).shape
        torch.Size([1, 64, 6, 9])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        norm_cfg: ConfigType = dict(type='BN'),
        d_state: int = 16,
        orders: Sequence[ScanOrder] = OMNI_ORDERS,
        scan_backend: str = 'auto',
    ) -> None:
        super().__init__()
        half = in_channels // 2
        self.frm = FRM(half, norm_cfg)
        self.oss = OSSBlock(half, d_state, orders, scan_backend)
        self.fuse = nn.Conv2d(in_channels, out_channels, 1)
        self.shortcut = in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C_in, H, W) to (B, C_out, H, W)."""
        left, right = x.chunk(2, dim=1)
        y = self.fuse(torch.cat([self.frm(left), self.oss(right)], dim=1))
        return x + y if self.shortcut else y
