"""The omnidirectional scan on gathered copies, with mamba-ssm's CUDA kernel.

The usual way to scan a map with a kernel for sequences: every direction gets a
copy of the input, and of Δ, B and C, in its own order; all copies are scanned
as one batch of channels, and the outputs are put back and added up. The kernel
is no operator of this package: ``torch.compile`` breaks its graph there.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .backend import ScanInputs
from .orders import ScanOrder, order_table

DEVICE_TYPE = 'cuda'
READS_HALVES = False


def missing() -> str | None:
    """Why the kernel cannot serve and how to get it, or None."""
    try:
        # Where the package was built without its kernels, this one is absent.
        import selective_scan_cuda  # noqa: F401
        from mamba_ssm.ops.selective_scan_interface import (  # noqa: F401
            selective_scan_fn,
        )
    except ImportError as error:
        return (
            f'does not import ({error}): MAMBA_KEEP_CUDA_BUILD=TRUE pip '
            'install --no-build-isolation mamba-ssm, beside a CUDA compiler'
        )
    return None


def scan(inputs: ScanInputs, orders: tuple[ScanOrder, ...]) -> Tensor:
    """See ``omni_selective_scan``; CUDA, float32."""
    with torch.autocast('cuda', enabled=False):
        return gathered_scan(_scan_sequences, inputs, orders)


def gathered_scan(
    scan_sequences: Callable[..., Tensor],
    inputs: ScanInputs,
    orders: Sequence[ScanOrder],
) -> Tensor:
    """``omni_selective_scan`` by a scan of sequences.

    Args:
        scan_sequences: Maps u and Δ before bias and softplus, both
            (batch, K * D, L), A (K * D, N), B and C (batch, K, N, L),
            D (K * D,) and the bias of Δ (K * D,) to y (batch, K * D, L).
        inputs: Of the scan.
        orders: The K directions.

    Returns:
        (batch, H, W, D).
    """
    u, dt, A, B, C, D, dt_weight, dt_bias = inputs
    order = order_table(tuple(orders), *u.shape[1:3], u.device)

    u_of_map = u.flatten(1, 2).transpose(1, 2)  # (batch, D, L)
    u_copies = u_of_map.unsqueeze(1).expand(-1, len(order), -1, -1)
    sequences = _reorder(u_copies, order).flatten(1, 2)
    # (batch, L, K, R or N) to (batch, K, R or N, L)
    low_rank, B, C = (
        _reorder(x.flatten(1, 2).permute(0, 2, 3, 1), order) for x in (dt, B, C)
    )
    delta = torch.einsum('bkrl,kdr->bkdl', low_rank, dt_weight).flatten(1, 2)
    y = scan_sequences(sequences, delta, A, B, C, D, dt_bias.flatten())

    back = order.argsort(dim=1)
    y = _reorder(y.unflatten(1, dt_bias.shape), back).sum(dim=1)
    return y.transpose(1, 2).reshape(u.shape)


def _reorder(x: Tensor, order: Tensor) -> Tensor:
    """x (batch, K, ..., L) with row k of order (K, L) for its k-th part."""
    return x.gather(3, order[None, :, None].expand(x.shape))


def _scan_sequences(u, delta, A, B, C, D, delta_bias) -> Tensor:
    """See ``gathered_scan``."""
    from mamba_ssm.ops.selective_scan_interface import selective_scan_fn

    return selective_scan_fn(
        u, delta, A, B, C, D, delta_bias=delta_bias, delta_softplus=True
    )
