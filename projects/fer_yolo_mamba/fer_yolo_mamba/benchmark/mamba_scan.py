"""The omnidirectional scan with mamba-ssm's CUDA kernel, for comparison."""

from collections.abc import Sequence

from torch import Tensor

from ..ops import ScanOrder
from .gathered_scan import gathered_scan


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


def mamba_scan(
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
    """As :func:`~fer_yolo_mamba.ops.omni_selective_scan`; CUDA, float32."""
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
