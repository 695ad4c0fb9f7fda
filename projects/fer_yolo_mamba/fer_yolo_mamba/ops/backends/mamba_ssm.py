"""The omnidirectional selective scan with mamba-ssm's CUDA kernel.

That kernel scans sequences, so every direction is a copy of the map. It is no
operator of this package: ``torch.compile`` breaks its graph there.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..scan_orders import ScanOrder
from .gathered import gathered_scan

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


def scan(
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
    """See ``omni_selective_scan``; CUDA, float32."""
    with torch.autocast('cuda', enabled=False):
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
    from mamba_ssm.ops.selective_scan_interface import selective_scan_fn

    return selective_scan_fn(
        u, delta, A, B, C, D, delta_bias=delta_bias, delta_softplus=True
    )
