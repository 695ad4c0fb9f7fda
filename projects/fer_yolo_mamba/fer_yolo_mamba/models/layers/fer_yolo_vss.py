"""FER-YOLO-VSS: the dual-branch block of the neck (paper, Fig. 2)."""

import torch
import torch.nn as nn
from mmdet.utils import ConfigType
from mmyolo.registry import MODELS
from torch import Tensor

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

    The ablations (paper, Table III) switch a branch off: its half of the
    channels then passes unchanged. Shapes, the 1x1 convolution, the shortcut
    and the other branch stay what they are, so that a difference in results is
    that branch's doing. To give all channels to the other branch would widen
    it as well; to put zeros would throw half of the input away.

    Args:
        in_channels: Channels of the input, even.
        out_channels: Channels of the output.
        norm_cfg: Normalisation in the FRM branch.
        frm: Whether there is an FRM branch.
        oss: Whether there is an OSS branch.
        scan_cfg: Of the OSS branch, see :class:`OSSBlock`: further arguments of
            its :class:`OmniSS2D`, or another layer in its place.

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
        frm: bool = True,
        oss: bool = True,
        scan_cfg: ConfigType | None = None,
    ) -> None:
        super().__init__()
        half = in_channels // 2
        self.frm = FRM(half, norm_cfg) if frm else nn.Identity()
        self.oss = OSSBlock(half, scan_cfg) if oss else nn.Identity()
        self.fuse = nn.Conv2d(in_channels, out_channels, 1)
        self.shortcut = in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C_in, H, W) to (B, C_out, H, W)."""
        left, right = x.chunk(2, dim=1)
        y = self.fuse(torch.cat([self.frm(left), self.oss(right)], dim=1))
        return x + y if self.shortcut else y
