"""What a backend of the omnidirectional selective scan is, and is given."""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from .orders import ScanOrder


class ScanInputs(NamedTuple):
    """The tensors of a scan, as ``omni_selective_scan`` describes them."""

    u: Tensor  # (batch, H, W, D)
    dt: Tensor  # (batch, H, W, K, R)
    A: Tensor  # (K * D, N)
    B: Tensor  # (batch, H, W, K, N)
    C: Tensor  # (batch, H, W, K, N)
    D: Tensor  # (K * D,)
    dt_weight: Tensor  # (K, D, R)
    dt_bias: Tensor  # (K, D)

    @property
    def directions(self) -> int:
        """K."""
        return self.dt_weight.shape[0]

    @property
    def rank(self) -> int:
        """R."""
        return self.dt.shape[-1]

    @property
    def states(self) -> int:
        """N."""
        return self.A.shape[-1]


class Backend(Protocol):
    """One way to compute the scan: a module of this folder.

    A new one is a file and a line in ``BACKENDS`` of :mod:`.scan`. What it
    needs it imports in its functions, so that the table can always be read.

    Attributes:
        DEVICE_TYPE: The type of device that it serves; None is any.
        READS_HALVES: Whether u, dt, B and C may be of 16 bits.
    """

    DEVICE_TYPE: str | None
    READS_HALVES: bool

    def missing(self) -> str | None:
        """Why it cannot serve and how to get it, or None when it can."""

    def scan(self, inputs: ScanInputs, orders: tuple[ScanOrder, ...]) -> Tensor:
        """The output, (batch, H, W, D); see ``omni_selective_scan``."""


def check_shapes(inputs: ScanInputs, directions: int) -> None:
    """Raises a ValueError unless all shapes fit u's, and no map is empty."""
    u, dt, A = inputs.u, inputs.dt, inputs.A
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
        found = getattr(inputs, name).shape
        if found != shape:
            raise ValueError(
                f'{name} must have the shape {shape} for u of '
                f'{tuple(u.shape)} in {directions} directions, not '
                f'{tuple(found)}'
            )


def in_precision(inputs: ScanInputs, reads_halves: bool) -> ScanInputs:
    """The inputs in the precision in which a backend computes.

    That is float64 if any of them is, else float32. u, dt, B and C stay in 16
    bits where all four are of one such type and the backend reads it.
    """
    wide = any(x.dtype == torch.float64 for x in inputs)
    dtype = torch.float64 if wide else torch.float32
    (of_maps, *others) = {
        x.dtype for x in (inputs.u, inputs.dt, inputs.B, inputs.C)
    }
    if wide or others or not reads_halves:
        of_maps = dtype
    return ScanInputs(
        u=inputs.u.to(of_maps),
        dt=inputs.dt.to(of_maps),
        A=inputs.A.to(dtype),
        B=inputs.B.to(of_maps),
        C=inputs.C.to(of_maps),
        D=inputs.D.to(dtype),
        dt_weight=inputs.dt_weight.to(dtype),
        dt_bias=inputs.dt_bias.to(dtype),
    )


def pixels_in_a_row(x: Tensor) -> Tensor:
    """x (batch, H, W, ...) as (batch, H * W, ...), each pixel's values dense.

    Views of one projection, as dt, B and C are, are not copied: one stride
    leads from pixel to pixel.
    """
    x = x.flatten(1, 2)
    return x if x.stride(-1) == 1 else x.contiguous()
