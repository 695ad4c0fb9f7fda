"""The omnidirectional selective scan as its definition reads.

The other backends are tested against this one. It keeps the state of every
position for autograd, and takes a Python step for each: use it on small maps.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .backend import ScanInputs
from .orders import ScanOrder, order_table

DEVICE_TYPE = None
READS_HALVES = False


def missing() -> None:
    """Always there."""


def scan(inputs: ScanInputs, orders: tuple[ScanOrder, ...]) -> Tensor:
    """See ``omni_selective_scan``; any device, differentiable by autograd."""
    with torch.autocast(inputs.u.device.type, enabled=False):
        return _scan(inputs, orders)


def _scan(inputs: ScanInputs, orders: tuple[ScanOrder, ...]) -> Tensor:
    u, dt, A, B, C, D, dt_weight, dt_bias = inputs
    channels, states = u.shape[-1], A.shape[-1]
    pixels = u.flatten(1, 2)
    total = torch.zeros_like(pixels)
    for k, visit in enumerate(order_table(orders, *u.shape[1:3], u.device)):
        rows = slice(k * channels, (k + 1) * channels)
        x = pixels[:, visit]
        low_rank, b, c = (
            of_pixels[..., k, :].flatten(1, 2)[:, visit]
            for of_pixels in (dt, B, C)
        )
        delta = F.softplus(F.linear(low_rank, dt_weight[k], dt_bias[k]))

        h = u.new_zeros(len(u), channels, states)
        outputs = []
        for t in range(len(visit)):
            step = delta[:, t, :, None]
            inflow = step * b[:, t, None, :] * x[:, t, :, None]
            h = torch.exp(step * A[rows]) * h + inflow
            y = (h * c[:, t, None, :]).sum(-1)
            outputs.append(y + D[rows] * x[:, t])
        total = total.index_add(1, visit, torch.stack(outputs, dim=1))
    return total.view_as(u)
