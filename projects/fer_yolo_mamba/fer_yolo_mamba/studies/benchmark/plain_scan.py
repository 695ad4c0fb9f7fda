"""The omnidirectional scan in plain PyTorch at its fastest, for comparison.

This is how a selective scan is written without a kernel, as the published
reference of mamba-ssm is: the discretised factors of all positions at once,
then one Python step a position. Two choices make it fast: all directions share
the steps, and ``unbind`` hands out the positions, whose backward pass is one
``stack`` (indexing would write a whole gradient tensor for each position).
"""

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ...ops import ScanOrder
from ...ops.backends.gathered import gathered_scan


def plain_scan(
    u: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    dt_weight: Tensor,
    dt_bias: Tensor,
    orders: Sequence[ScanOrder],
) -> Tensor:
    """As :func:`~fer_yolo_mamba.ops.omni_selective_scan`; any device."""
    return gathered_scan(
        _scan_sequences, u, dt, A, B, C, D, dt_weight, dt_bias, orders
    )


def _scan_sequences(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    delta_bias: Tensor,
) -> Tensor:
    """See ``gathered_scan``."""
    by_direction = partial(torch.unflatten, dim=1, sizes=(B.shape[1], -1))
    delta = F.softplus(delta + delta_bias.unsqueeze(-1))
    decay = torch.exp(delta.unsqueeze(-1) * A.unsqueeze(1))
    inflow = by_direction(delta * u).unsqueeze(-1) * B.mT.unsqueeze(2)
    inflow = inflow.flatten(1, 2)  # as decay: (batch, K * D, L, N)

    h = u.new_zeros(len(u), *A.shape)
    outputs = []
    for a, b, c in zip(
        decay.unbind(2), inflow.unbind(2), C.unbind(3), strict=True
    ):
        h = a * h + b
        outputs.append(torch.einsum('bkdn,bkn->bkd', by_direction(h), c))
    y = torch.stack(outputs, dim=-1).flatten(1, 2)
    return y + D.unsqueeze(-1) * u
