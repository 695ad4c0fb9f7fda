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


@MODELS.register_module()
class OmniSS2D(nn.Module):
    """Selective scan of a map in several directions, gated by itself.

    A linear layer makes x and z, 2c channels each. x passes a depthwise 3x3
    convolution, SiLU, the omnidirectional selective scan (OSSM) and a layer
    norm; multiplied by SiLU(z), a last linear layer brings it back to c.

    Args:
        channels: Channels c of the map.
        d_state: States N of each channel.
        orders: The directions of the scan, each with projections, A and D of
            its own. The paper's eight by default; ``CROSS_ORDERS`` is
            VMamba's SS2D.
        scan_backend: See :func:`~fer_yolo_mamba.ops.omni_selective_scan`.

    Example:
        >>> OmniSS2D(32)(torch.rand(2, 5, 7, 32)).shape
        torch.Size([2, 5, 7, 32])
    """

    def __init__(
        self,
        channels: int,
        d_state: int = 16,
        orders: Sequence[ScanOrder] = OMNI_ORDERS,
        scan_backend: str = 'auto',
    ) -> None:
        super().__init__()
        self.d_state = d_state
        self.orders = tuple(ScanOrder(order) for order in orders)
        self.scan_backend = scan_backend
        inner = 2 * channels
        self.dt_rank = math.ceil(channels / 16)
        directions = len(self.orders)

        self.in_proj = nn.Linear(channels, 2 * inner, bias=False)
        self.conv2d = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.x_proj_weight = nn.Parameter(
            torch.empty(directions, self.dt_rank + 2 * d_state, inner)
        )
        self.dt_projs_weight = nn.Parameter(
            torch.empty(directions, inner, self.dt_rank)
        )
        self.dt_projs_bias = nn.Parameter(torch.empty(directions, inner))
        self.A_logs = nn.Parameter(torch.empty(directions * inner, d_state))
        self.Ds = nn.Parameter(torch.empty(directions * inner))
        self.out_norm = nn.LayerNorm(inner)
        self.out_proj = nn.Linear(inner, channels, bias=False)
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

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, H, W, C) to the same shape."""
        x, z = self.in_proj(x).chunk(2, dim=-1)
        x = F.silu(self.conv2d(x.permute(0, 3, 1, 2)))
        y = self.scan(x.permute(0, 2, 3, 1))
        return self.out_proj(self.out_norm(y) * F.silu(z))

    def scan(self, x: Tensor) -> Tensor:
        """The OSSM: (B, H, W, 2c) to the same shape.

        Δ, B and C depend on the pixel and the direction alone, so one
        projection of the plain map gives them for all directions; only the
        visiting order differs.
        """
        projected = F.linear(x, self.x_proj_weight.flatten(0, 1))
        projected = projected.unflatten(-1, self.x_proj_weight.shape[:2])
        dt, B, C = projected.split(
            [self.dt_rank, self.d_state, self.d_state], dim=-1
        )
        return omni_selective_scan(
            x,
            dt,
            -self.A_logs.float().exp(),
            B,
            C,
            self.Ds,
            self.dt_projs_weight,
            self.dt_projs_bias,
            self.orders,
            self.scan_backend,
        )
