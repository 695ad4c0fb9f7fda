"""The omnidirectional selective scan: checks, and the choice of a backend."""

import warnings
from collections.abc import Sequence
from functools import lru_cache

from torch import Tensor

from ..errors import InputError
from . import chunked, cpu, gathered, reference, triton_gpu
from .backend import Backend, ScanInputs, check_shapes, in_precision
from .orders import ScanOrder

BACKENDS: dict[str, Backend] = {
    'cpu': cpu,
    'triton': triton_gpu,
    'mamba_ssm': gathered,
    'torch': chunked,
    'reference': reference,
}
"""By preference: ``auto`` takes the first that serves the tensors' device."""


def omni_selective_scan(
    u: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    dt_weight: Tensor,
    dt_bias: Tensor,
    orders: Sequence[ScanOrder],
    backend: str = 'auto',
) -> Tensor:
    r"""Scan a map in several directions with a selective state-space model.

    >>> from fer_yolo_mamba.ops import OMNI_ORDERS, omni_selective_scan
    >>> K, R, N, D = len(OMNI_ORDERS), 2, 16, 32
    >>> projected = torch.randn(1, 6, 9, K, R + 2 * N)
    >>> dt, B, C = projected.split((R, N, N), dim=-1)
    >>> y = omni_selective_scan(
    ...     torch.randn(1, 6, 9, D), dt, -torch.rand(K * D, N), B, C,
    ...     torch.ones(K * D), torch.randn(K, D, R), torch.zeros(K, D),
    ...     OMNI_ORDERS)
    >>> y.shape
    torch.Size([1, 6, 9, 32])

    The OSSM of the paper's Section III-C. Along each direction k, for each
    channel and state (equation 2, discretised as Mamba does):

    .. math::
        \Delta &= softplus(dt\_weight_k \cdot dt + dt\_bias_k) \\
        h &\leftarrow e^{\Delta A} h + \Delta B u \\
        y_k &= C \cdot h + D u

    and the result is the sum of all :math:`y_k`, each put back in place.
    dt, B and C depend on the pixel and the direction, not on the order, so
    nothing is copied once per direction; only the order of visits differs.

    Computed in float32, or in float64 if any tensor is; also under autocast.
    GPU kernels read u, dt, B and C in 16 bits where all of them are.

    Args:
        u: Input, (batch, H, W, D).
        dt: Steps before their projection, (batch, H, W, K, R).
        A: Decay rates, negative, (K * D, N).
        B: Input weights of the states, (batch, H, W, K, N).
        C: Output weights of the states, (batch, H, W, K, N).
        D: Weights of the direct path, (K * D,).
        dt_weight: Projection of the steps, (K, D, R).
        dt_bias: Its bias, (K, D).
        orders: The K directions.
        backend: A name of ``available_backends()``, or 'auto': the first of
            them that serves the device.

    Returns:
        (batch, H, W, D), of u's dtype.

    Raises:
        InputError: The backend is unknown, absent, or for another device.
        ValueError: A shape does not fit, a map is empty, or a tensor is on
            another device than u.
    """
    inputs = ScanInputs(u, dt, A, B, C, D, dt_weight, dt_bias)
    check_shapes(inputs, len(orders))
    module = BACKENDS[choose_backend(backend, u.device.type)]
    y = module.scan(in_precision(inputs, module.READS_HALVES), tuple(orders))
    return y.to(u.dtype)


def available_backends() -> dict[str, str | None]:
    """For each backend None, or why it cannot serve and how to get it."""
    return {name: module.missing() for name, module in BACKENDS.items()}


def choose_backend(name: str, device_type: str) -> str:
    """The backend that serves a device under this name or 'auto'.

    Compiled programs keep the choice that was made when they were traced.

    Raises:
        InputError: The backend is unknown, absent, or for another device.
    """
    if name == 'auto':
        return _choose_automatically(device_type)
    if name not in BACKENDS:
        raise InputError(
            f"there is no scan backend '{name}': choose 'auto' or one of "
            f'{", ".join(BACKENDS)}'
        )
    module = BACKENDS[name]
    if reason := module.missing():
        raise InputError(f"the scan backend '{name}' {reason}")
    if module.DEVICE_TYPE not in (None, device_type):
        raise InputError(
            f"the scan backend '{name}' serves {module.DEVICE_TYPE} tensors, "
            f"not {device_type} ones: choose 'auto'"
        )
    return name


# All that ``torch.compiler.assume_constant_result`` sets; calling that would
# import the whole compiler, which few programs need.
choose_backend._dynamo_marked_constant = True


@lru_cache
def _choose_automatically(device_type: str) -> str:
    for name, module in BACKENDS.items():
        if module.DEVICE_TYPE not in (None, device_type):
            continue
        if (reason := module.missing()) is None:
            return name
        # Once, as this function is cached: nothing breaks, but it is slow.
        warnings.warn(
            f"the scan backend '{name}' {reason}; a slower one serves instead",
            stacklevel=4,
        )
    raise AssertionError('the backend of plain PyTorch is always there')
