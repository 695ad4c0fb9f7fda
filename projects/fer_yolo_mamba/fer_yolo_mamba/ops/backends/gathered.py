"""The omnidirectional scan on gathered copies, one sequence a direction.

The usual way to scan a map with a kernel for sequences: every direction gets a
copy of the input, and of Δ, B and C, in its own order; all copies are scanned
as one batch of channels, and the outputs are put back and added up.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..scan_orders import ScanOrder, order_table

SequenceScan = Callable[..., Tensor]


def gathered_scan(
    scan_sequences: SequenceScan,
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
    """``omni_selective_scan`` by a scan of sequences.

    Args:
        scan_sequences: Maps u and Δ before bias and softplus, both
            (batch, K * D, L), A (K * D, N), B and C (batch, K, N, L),
            D (K * D,) and the bias of Δ (K * D,) to y (batch, K * D, L).
        u, dt, A, B, C, D, dt_weight, dt_bias, orders: See
            :func:`~fer_yolo_mamba.ops.omni_selective_scan`.

    Returns:
        (batch, H, W, D).
    """
    batch, height, width, channels = u.shape
    order = order_table(tuple(orders), height, width, u.device)
    directions = len(order)

    u_of_map = u.flatten(1, 2).transpose(1, 2)  # (batch, D, L)
    u_copies = u_of_map.unsqueeze(1).expand(-1, directions, -1, -1)
    sequences = _reorder(u_copies, order).flatten(1, 2)
    # (batch, L, K, R or N) to (batch, K, R or N, L)
    low_rank, B, C = (
        _reorder(x.flatten(1, 2).permute(0, 2, 3, 1), order) for x in (dt, B, C)
    )
    delta = torch.einsum('bkrl,kdr->bkdl', low_rank, dt_weight).flatten(1, 2)
    y = scan_sequences(sequences, delta, A, B, C, D, dt_bias.flatten())

    back = order.argsort(dim=1)
    y = _reorder(y.unflatten(1, (directions, channels)), back).sum(dim=1)
    return y.transpose(1, 2).reshape(batch, height, width, channels)


def _reorder(x: Tensor, order: Tensor) -> Tensor:
    """x (batch, K, ..., L) with row k of order (K, L) for its k-th part."""
    return x.gather(3, order[None, :, None].expand(x.shape))
