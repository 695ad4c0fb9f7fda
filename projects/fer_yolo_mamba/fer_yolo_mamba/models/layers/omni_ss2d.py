"""OmniSS2D: a gated state-space layer over a picture (paper, Fig. 2).

Parameters carry the names and shapes of VMamba's SS2D (arXiv 2401.10166), so
that its weights load; the scan itself is in :mod:`fer_yolo_mamba.ops`.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmyolo.registry import MODELS
from torch import Tensor

from ...ops import OMNI_ORDERS, ScanOrder, omni_selective_scan
from .gated_mixer import GatedMixer


@MODELS.register_module()
class OmniSS2D(GatedMixer):
    """Selective scan of a map in several directions, gated by itself.

    The mixing of :class:`GatedMixer` is the omnidirectional selective scan
    (OSSM).

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

        self.x_proj_weight = nn.Parameter(
            torch.empty(sets, self.dt_rank + 2 * d_state, inner)
        )
        self.dt_projs_weight = nn.Parameter(
            torch.empty(sets, inner, self.dt_rank)
        )
        self.dt_projs_bias = nn.Parameter(torch.empty(sets, inner))
        self.A_logs = nn.Parameter(torch.empty(sets * inner, d_state))
        self.Ds = nn.Parameter(torch.empty(sets * inner))
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
        """The OSSM: (B, H, W, 2c) to the same shape.

        Δ, B and C depend on the pixel and the direction alone, so one
        projection of the plain map gives them for all directions; only the
        visiting order differs.
        """
        projected = F.linear(x, self.x_proj_weight.flatten(0, 1))
        projected = projected.unflatten(-1, self.x_proj_weight.shape[:2])
        projected = projected.expand(-1, -1, -1, len(self.orders), -1)
        dt, B, C = projected.split(
            [self.dt_rank, self.d_state, self.d_state], dim=-1
        )
        return omni_selective_scan(
            x,
            dt,
            self._for_each_direction(-self.A_logs.float().exp()),
            B,
            C,
            self._for_each_direction(self.Ds),
            self.dt_projs_weight.expand(len(self.orders), -1, -1),
            self.dt_projs_bias.expand(len(self.orders), -1),
            self.orders,
            self.scan_backend,
        )

    def _for_each_direction(self, rows: Tensor) -> Tensor:
        """Repeats shared rows, (2c, ...), to (K · 2c, ...); others it keeps."""
        sets = rows.unflatten(0, self.dt_projs_bias.shape)
        return sets.expand(len(self.orders), *sets.shape[1:]).flatten(0, 1)
