"""FER-YOLO-Mamba: the neck of the paper's Fig. 1 and its blocks, Fig. 2.

Backbone and head are YOLOX's; what is new lies between them, from the outside
in:

.. code-block:: text

    FERYOLOMambaPAFPN   path aggregation, with four blocks
      FERYOLOVSS        left half of the channels -> FRM, right half -> OSSBlock
        FRM             local: 1x1 convolutions around ABMLP
          ABMLP         a weight for each channel
        OSSBlock        global: x + mixer(LN(x)) on maps with the channels last
          GatedMixer    what all mixers share: projections, gate and norm
          OmniSS2D      the paper's: a selective scan in eight directions
          GatedConv     the ablations' control: nothing is scanned

The scan itself is in :mod:`fer_yolo_mamba.ops`.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule, DepthwiseSeparableConvModule
from mmdet.utils import ConfigType
from mmyolo.models import YOLOXPAFPN
from mmyolo.registry import MODELS
from torch import Tensor

from ..ops import (
    OMNI_ORDERS,
    ScanInputs,
    ScanOrder,
    depthwise_silu,
    gated_norm,
    omni_selective_scan,
)
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
        y = self.fuse(torch.cat([self.frm(left), self.oss(right)], dim=1))
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


class GatedMixer(nn.Module, ABC):
    """What lets the pixels of a map act on each other, gated by the map.

    A linear layer makes x and z, 2c channels each. x passes a depthwise 3x3
    convolution, SiLU, ``mix`` and a layer norm; multiplied by SiLU(z), a last
    linear layer brings it back to c.

    Args:
        channels: Channels c of the map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = 2 * channels
        self.in_proj = nn.Linear(channels, 2 * inner, bias=False)
        self.conv2d = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.out_norm = nn.LayerNorm(inner)
        self.out_proj = nn.Linear(inner, channels, bias=False)

    @abstractmethod
    def mix(self, x: Tensor) -> Tensor:
        """Maps (B, H, W, 2c) to the same shape, across pixels."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, H, W, C) to the same shape."""
        x, z = self.in_proj(x).chunk(2, dim=-1)
        y = self.mix(depthwise_silu(x, self.conv2d))
        return self.out_proj(gated_norm(y, self.out_norm, z))


@MODELS.register_module()
class OmniSS2D(GatedMixer):
    """Mixes by the omnidirectional selective scan (OSSM).

    Parameters carry the names and shapes of VMamba's SS2D (arXiv 2401.10166),
    so that its weights load.

    Args:
        channels: Channels c of the map.
        d_state: States N of each channel.
        orders: The K directions of the scan, or their names. The paper's eight
            by default; ``CROSS_ORDERS`` is VMamba's SS2D.
        shared_projections: Whether all directions share x_proj, dt_proj, A and
            D, whose K below is then 1. Otherwise each has its own.
        scan_backend: See :func:`~fer_yolo_mamba.ops.omni_selective_scan`.

    Raises:
        InputError: A direction is unknown.

    Example:
        >>> OmniSS2D(32)(torch.rand(2, 5, 7, 32)).shape
        torch.Size([2, 5, 7, 32])
    """

    def __init__(
        self,
        channels: int,
        d_state: int = 16,
        orders: Sequence[ScanOrder | str] = OMNI_ORDERS,
        shared_projections: bool = False,
        scan_backend: str = 'auto',
    ) -> None:
        super().__init__(channels)
        self.d_state = d_state
        self.orders = tuple(ScanOrder(order) for order in orders)
        self.scan_backend = scan_backend
        inner = 2 * channels
        self.dt_rank = math.ceil(channels / 16)
        sets = 1 if shared_projections else len(self.orders)

        def parameter(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(shape))

        self.x_proj_weight = parameter(sets, self.dt_rank + 2 * d_state, inner)
        self.dt_projs_weight = parameter(sets, inner, self.dt_rank)
        self.dt_projs_bias = parameter(sets, inner)
        self.A_logs = parameter(sets * inner, d_state)
        self.Ds = parameter(sets * inner)
        self.reset_scan_parameters()

    @torch.no_grad()
    def reset_scan_parameters(
        self, dt_min: float = 1e-3, dt_max: float = 0.1
    ) -> None:
        """Initialises the scan as Mamba does (arXiv 2312.00752, Sec. 3.6).

        A starts at -1, -2, ..., -N (S4D-real) and the step sizes are
        log-uniform in [dt_min, dt_max].
        """
        for weight in self.x_proj_weight:
            nn.init.kaiming_uniform_(weight, a=math.sqrt(5))
        bound = self.dt_rank**-0.5
        nn.init.uniform_(self.dt_projs_weight, -bound, bound)
        log_dt = torch.empty_like(self.dt_projs_bias).uniform_(
            math.log(dt_min), math.log(dt_max)
        )
        dt = log_dt.exp()
        # The inverse of softplus, exact for small dt.
        self.dt_projs_bias.copy_(dt + torch.log(-torch.expm1(-dt)))
        self.A_logs.copy_(
            torch.arange(1, self.d_state + 1).log().expand_as(self.A_logs)
        )
        nn.init.ones_(self.Ds)

    def mix(self, x: Tensor) -> Tensor:
        """The OSSM: (B, H, W, 2c) to the same shape."""
        return omni_selective_scan(
            *self.scan_inputs(x), self.orders, self.scan_backend
        )

    def scan_inputs(self, x: Tensor) -> ScanInputs:
        """What the scan of a map (B, H, W, 2c) is given.

        Δ, B and C depend on the pixel and the direction alone, so one
        projection of the plain map gives them for all directions; only the
        visiting order differs.
        """
        directions, states = len(self.orders), self.d_state
        projected = F.linear(x, self.x_proj_weight.flatten(0, 1))
        projected = projected.unflatten(-1, self.x_proj_weight.shape[:2])
        projected = projected.expand(-1, -1, -1, directions, -1)
        dt, B, C = projected.split([self.dt_rank, states, states], dim=-1)
        A = self._for_each_direction(-self.A_logs.float().exp())
        D = self._for_each_direction(self.Ds)
        dt_weight = self.dt_projs_weight.expand(directions, -1, -1)
        dt_bias = self.dt_projs_bias.expand(directions, -1)
        return ScanInputs(x, dt, A, B, C, D, dt_weight, dt_bias)

    def _for_each_direction(self, rows: Tensor) -> Tensor:
        """Repeats shared rows, (2c, ...), to (K · 2c, ...); others it keeps."""
        sets = rows.unflatten(0, self.dt_projs_bias.shape)
        return sets.expand(len(self.orders), *sets.shape[1:]).flatten(0, 1)


@MODELS.register_module()
class GatedConv(GatedMixer):
    """Mixes by a large depthwise-separable convolution: nothing is scanned.

    The control for the ablations: the scan alone is replaced, so a difference
    in results is its doing, not that of parameters or of the block around it.
    The default kernel, which reaches six pixels each way, brings the parameters
    of the whole network to 0.3 % below those of FER-YOLO-Mamba.

    Args:
        channels: Channels c of the map.
        kernel_size: Side of the depthwise kernel, odd.
    """

    def __init__(self, channels: int, kernel_size: int = 13) -> None:
        super().__init__(channels)
        sizes = 2 * channels, 2 * channels, kernel_size
        self.separable = DepthwiseSeparableConvModule(
            *sizes, padding=kernel_size // 2, act_cfg=None
        )

    def mix(self, x: Tensor) -> Tensor:
        """The convolution: (B, H, W, 2c) to the same shape."""
        return self.separable(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
