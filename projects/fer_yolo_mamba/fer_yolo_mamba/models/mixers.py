"""What lets the pixels of a map act on each other, within an OSSBlock.

.. code-block:: text

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
from mmcv.cnn import DepthwiseSeparableConvModule
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
        self.register_buffer('rates', None, persistent=False)
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

    def fold_for_inference(self) -> None:
        """Computes once what depends on parameters alone."""
        self.rates = self._decay_rates().detach()

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
        A = self._for_each_direction(
            self._decay_rates() if self.rates is None else self.rates
        )
        D = self._for_each_direction(self.Ds)
        dt_weight = self.dt_projs_weight.expand(directions, -1, -1)
        dt_bias = self.dt_projs_bias.expand(directions, -1)
        return ScanInputs(x, dt, A, B, C, D, dt_weight, dt_bias)

    def _decay_rates(self) -> Tensor:
        return -self.A_logs.float().exp()

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
