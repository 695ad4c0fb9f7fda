"""The omnidirectional selective scan: checks, and the choice of a backend."""

import warnings
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from fer_yolo_mamba.errors import InputError

from .backends import BACKENDS
from .scan_orders import ScanOrder


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
        ValueError: A shape does not fit, or a map is empty.
    """
    tensors = dict(
        u=u, dt=dt, A=A, B=B, C=C, D=D, dt_weight=dt_weight, dt_bias=dt_bias
    )
    _check_shapes(tensors, len(orders))
    module = BACKENDS[_choose(backend, u.device.type)]
    dtypes = _dtypes(tensors, module.READS_HALVES)
    y = module.scan(
        *(x.to(dtypes[name]) for name, x in tensors.items()), tuple(orders)
    )
    return y.to(u.dtype)


def available_backends() -> dict[str, str | None]:
    """For each backend None, or why it cannot serve and how to get it."""
    return {name: module.missing() for name, module in BACKENDS.items()}


def _dtypes(
    tensors: dict[str, Tensor], reads_halves: bool
) -> dict[str, torch.dtype]:
    """In which precision a backend is given each tensor."""
    wide = any(x.dtype == torch.float64 for x in tensors.values())
    dtypes = dict.fromkeys(tensors, torch.float64 if wide else torch.float32)
    maps = ('u', 'dt', 'B', 'C')
    (half, *others) = {tensors[name].dtype for name in maps}
    if reads_halves and not wide and not others:
        dtypes |= dict.fromkeys(maps, half)
    return dtypes


def _check_shapes(tensors: dict[str, Tensor], directions: int) -> None:
    u, dt, A = tensors['u'], tensors['dt'], tensors['A']
    for name, x, dims in (('u', u, 4), ('dt', dt, 5), ('A', A, 2)):
        if x.dim() != dims or 0 in x.shape[1:]:
            raise ValueError(
                f'{name} must have {dims} dimensions, none of them empty, but '
                f'its shape is {tuple(x.shape)}'
            )
    *pixels, channels = u.shape
    rank, states = dt.shape[-1], A.shape[-1]
    expected = dict(
        dt=(*pixels, directions, rank),
        A=(directions * channels, states),
        B=(*pixels, directions, states),
        C=(*pixels, directions, states),
        D=(directions * channels,),
        dt_weight=(directions, channels, rank),
        dt_bias=(directions, channels),
    )
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ValueError(
                f'{name} must have the shape {shape} for u of '
                f'{tuple(u.shape)} in {directions} directions, not '
                f'{tuple(tensors[name].shape)}'
            )


def _choose(name: str, device_type: str) -> str:
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


# Compiled programs keep the choice that was made when they were traced. This
# mark is all that torch.compiler.assume_constant_result sets; it would import
# the whole compiler, which few programs need.
_choose._dynamo_marked_constant = True


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
