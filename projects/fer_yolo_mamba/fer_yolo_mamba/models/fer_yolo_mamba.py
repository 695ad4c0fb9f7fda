"""FER-YOLO-Mamba: the neck of the paper's Fig. 1 and its blocks, Fig. 2.

Backbone and head are YOLOX's; what is new lies between them, from the outside
in:

.. code-block:: text

    FERYOLOMambaPAFPN   path aggregation, with four blocks
      FERYOLOVSS        left half of the channels -> FRM, right half -> OSSBlock
        FRM             local: 1x1 convolutions around ABMLP
          ABMLP         a weight for each channel
        OSSBlock        global: x + mixer(LN(x)) on maps with the channels last

The mixers are in :mod:`.mixers`.
"""

import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.utils import ConfigType
from mmyolo.models import YOLOXPAFPN
from mmyolo.registry import MODELS
from torch import Tensor

from ..ops import gated_norm
from .dense_gradient import DenseGradient
from .folding import fold_convolutions


@MODELS.register_module()
class FERYOLOMambaPAFPN(YOLOXPAFPN):
    """YOLOX's path aggregation network with FER-YOLO-VSS for CSP layers.

    The data flow at width 0.5, strides at the left, output channels of each
    layer behind its name:

    .. code-block:: text

        32  C5 - CBS1 256 ------------------------------- cat - VSS2 512 - CBS1
                    | up x2                                | CBS3 s2
        16  C4 --- cat - VSS1 256 - CBS1 128 ------------ cat - VSS2 256 - CBS1
                                       | up x2             | CBS3 s2
         8  C3 ---------------------- cat - VSS1 128 ------+-------------- CBS1

    CBS1 and CBS3 are 1x1 and 3x3 convolutions with BN and SiLU, s2 a stride of
    two; the last ones bring every level to 128 channels.

    Args:
        vss_cfg (dict): Further arguments of every :class:`FERYOLOVSS`: its
            switches, as ``configs/ablations`` sets them.
        **kwargs: As of :class:`mmyolo.models.YOLOXPAFPN`.
    """

    def __init__(self, *args, vss_cfg: dict | None = None, **kwargs) -> None:
        self.vss_cfg = vss_cfg or {}
        super().__init__(*args, **kwargs)

    def build_top_down_layer(self, idx: int) -> nn.Module:
        """VSS1 after the concatenation, and CBS1 on the way further down."""
        channels = self.in_channels[idx - 1]
        vss1 = FERYOLOVSS(2 * channels, channels, self.norm_cfg, **self.vss_cfg)
        if idx == 1:
            return vss1
        cfg = dict(norm_cfg=self.norm_cfg, act_cfg=self.act_cfg)
        cbs1 = ConvModule(channels, self.in_channels[idx - 2], 1, **cfg)
        return nn.Sequential(vss1, cbs1)

    def build_bottom_up_layer(self, idx: int) -> nn.Module:
        """VSS2 after the concatenation of the finer level."""
        channels = self.in_channels[idx + 1]
        return FERYOLOVSS(channels, channels, self.norm_cfg, **self.vss_cfg)

    def fold_for_inference(self) -> None:
        """Folds CBS1's convolution into that at the end of the VSS1 before it.

        For inference alone, once batch normalisations are part of the
        convolutions before them.
        """
        vss1, cbs1 = self.top_down_layers[0]
        if isinstance(cbs1.conv, nn.Conv2d):
            vss1.fuse = fold_convolutions(vss1.fuse, cbs1.conv)
            cbs1.conv = nn.Identity()


@MODELS.register_module()
class FERYOLOVSS(nn.Module):
    """The dual-branch block: one half of the channels locally, one globally.

    .. code-block:: text

              +-- left ---> FRM --+
        x ----|                   cat --> 1x1 convolution --> (+ x) --> y
              +-- right --> OSS --+

    The variants of the paper follow from the channels: VSS1 halves them and
    has no shortcut, VSS2 keeps them and adds its input.

    The ablations (paper, Table III) switch a branch off: its half of the
    channels then passes unchanged, and all else stays what it is, so that a
    difference in results is that branch's doing. To give all channels to the
    other branch would widen it as well; to put zeros would throw half of the
    input away.

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
        left, right = self.frm(left), self.oss(right)
        if self.training:
            left = DenseGradient.apply(left)
        y = self.fuse(torch.cat([left, right], dim=1))
        return x + y if self.shortcut else y

    def fold_for_inference(self) -> None:
        """Folds the last convolution of the FRM into the one that follows.

        See :meth:`FERYOLOMambaPAFPN.fold_for_inference`.
        """
        restore = getattr(self.frm, 'restore', None)
        if isinstance(restore, ConvModule) and isinstance(
            restore.norm, nn.Identity
        ):
            self.fuse = fold_convolutions(restore.conv, self.fuse)
            self.frm.restore = nn.Identity()


@MODELS.register_module()
class FRM(nn.Module):
    """Feature refinement module, the local branch.

    1x1 convolution c -> c/2, BN, ReLU; :class:`ABMLP`; 1x1 convolution
    c/2 -> c, BN (paper, Section III-C; no convolution has a bias).

    Args:
        channels: Channels c of the map, even.
        norm_cfg: Normalisation of both convolutions.
    """

    def __init__(
        self, channels: int, norm_cfg: ConfigType = dict(type='BN')
    ) -> None:
        super().__init__()
        hidden = channels // 2
        self.squeeze = ConvModule(
            channels, hidden, 1, norm_cfg=norm_cfg, act_cfg=dict(type='ReLU')
        )
        self.attention = ABMLP(hidden)
        self.restore = ConvModule(
            hidden, channels, 1, norm_cfg=norm_cfg, act_cfg=None
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        return self.restore(self.attention(self.squeeze(x)))


@MODELS.register_module()
class ABMLP(nn.Module):
    """Attention block: an MLP on the pooled map weights each channel.

    Paper, Section III-D and Algorithm 1: global average pooling, three linear
    layers without bias (c -> c/r -> c/r -> c), two ReLUs and a sigmoid, then
    an elementwise product with the input.

    Args:
        channels: Channels c of the map.
        reduction: r; the inner layers keep at least one unit.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        weights = self.mlp(x.mean(dim=(2, 3)))
        return x * weights[:, :, None, None]


@MODELS.register_module()
class OSSBlock(nn.Module):
    """Omnidirectional state space block, the global branch: x + mixer(LN(x)).

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
        y = self.ss(gated_norm(x.permute(0, 2, 3, 1), self.norm))
        return x + y.permute(0, 3, 1, 2)
