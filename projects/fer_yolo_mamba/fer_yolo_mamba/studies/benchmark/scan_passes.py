"""One pass of a scan, on inputs as the network gives them."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ...models import OmniSS2D
from ...ops import OMNI_ORDERS
from .scan_size import ScanSize

Scan = Callable[..., Tensor]
Leaves = dict[str, Tensor]


def make_leaves(size: ScanSize, device: torch.device) -> Leaves:
    """Inputs as an untrained layer of the network gives them to its scan.

    Returns:
        u, A, D, dt_weight and dt_bias of the scan, and ``projected``, whose
        parts are dt, B and C; all of them require gradients.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layer = OmniSS2D(size.channels // 2, orders=OMNI_ORDERS)
        u = torch.randn(size.batch, size.height, size.width, size.channels)
    weight = layer.x_proj_weight
    projected = F.linear(u, weight.flatten(0, 1))
    leaves = dict(
        u=u,
        projected=projected.unflatten(-1, weight.shape[:2]),
        A=-layer.A_logs.exp(),
        D=layer.Ds,
        dt_weight=layer.dt_projs_weight,
        dt_bias=layer.dt_projs_bias,
    )
    return {
        name: x.detach().to(device).requires_grad_()
        for name, x in leaves.items()
    }


@torch.no_grad()
def forward(scan: Scan, leaves: Leaves) -> Tensor:
    """The output of a scan, as inference computes it."""
    return _call(scan, leaves)


def forward_backward(scan: Scan, leaves: Leaves) -> tuple[Tensor, ...]:
    """The gradients of all leaves, as training computes them."""
    y = _call(scan, leaves)
    return torch.autograd.grad(y, tuple(leaves.values()), y.detach())


PASSES = {'forward': forward, 'forward + backward': forward_backward}
"""The passes by the names that reports give them."""


def _call(scan: Scan, leaves: Leaves) -> Tensor:
    states, rank = leaves['A'].shape[-1], leaves['dt_weight'].shape[-1]
    dt, B, C = leaves['projected'].split((rank, states, states), dim=-1)
    return scan(
        leaves['u'],
        dt,
        leaves['A'],
        B,
        C,
        leaves['D'],
        leaves['dt_weight'],
        leaves['dt_bias'],
        OMNI_ORDERS,
    )
