"""What a backend of the omnidirectional selective scan is, and is given."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from .orders import ScanOrder

MAPS = 'u', 'dt', 'B', 'C'
"""The inputs of which every pixel has its own; the others are parameters."""

Conversion = Callable[[Tensor], Tensor]


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

    @property
    def gradient_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the gradients as an operator's backward pass gives them.

        That of u; those of dt, B and C side by side; and those of A, dt_weight,
        dt_bias and D side by side, (K, D, N + R + 2).
        """
        rank, states = self.rank, self.states
        return (
            tuple(self.u.shape),
            (*self.dt.shape[:-1], rank + 2 * states),
            (*self.dt_bias.shape, states + rank + 2),
        )

    def of_direction(self, index: int) -> 'ScanInputs':
        """What a scan in one of the directions alone is given."""
        one, channels = slice(index, index + 1), self.u.shape[-1]
        rows = slice(index * channels, (index + 1) * channels)
        return ScanInputs(
            self.u,
            self.dt[..., one, :],
            self.A[rows],
            self.B[..., one, :],
            self.C[..., one, :],
            self.D[rows],
            self.dt_weight[one],
            self.dt_bias[one],
        )

    def convert(
        self, of_map: Conversion, of_parameter: Conversion
    ) -> 'ScanInputs':
        """What two functions make of the maps and of the parameters."""
        return ScanInputs(
            *(
                of_map(x) if name in MAPS else of_parameter(x)
                for name, x in zip(self._fields, self, strict=True)
            )
        )


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
    """Raises a ValueError unless all shapes fit u's, and no map is empty.

    Nor may a tensor be on another device, where kernels would not find it.
    """
    u, dt, A = inputs.u, inputs.dt, inputs.A
    for name, x in zip(inputs._fields, inputs, strict=True):
        if x.device != u.device:
            raise ValueError(
                f'{name} must be on the device of u, {u.device}, not on '
                f'{x.device}'
            )
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
    (half, *others) = {getattr(inputs, name).dtype for name in MAPS}
    of_maps = half if reads_halves and not wide and not others else dtype
    return inputs.convert(lambda x: x.to(of_maps), lambda x: x.to(dtype))


def for_pointers(inputs: ScanInputs) -> ScanInputs:
    """The inputs as a kernel reads them: maps in rows, parameters dense."""
    return inputs.convert(pixels_in_a_row, Tensor.contiguous)


def pixels_in_a_row(x: Tensor) -> Tensor:
    """x (batch, H, W, ...) as (batch, H * W, ...), each pixel's values dense.

    Views of one projection, as dt, B and C are, are not copied: one stride
    leads from pixel to pixel.
    """
    x = x.flatten(1, 2)
    return x if x.stride(-1) == 1 else x.contiguous()


def strides_of_maps(inputs: ScanInputs, *dims: str) -> dict[str, int]:
    """The strides of what ``for_pointers`` gives, as 'u_<dim>' and so on.

    Args:
        inputs: From ``for_pointers``.
        *dims: Names for batch, pixel and (but of u) direction.
    """
    return {
        f'{name}_{dim}': stride
        for name in MAPS
        for dim, stride in zip(
            dims, getattr(inputs, name).stride()[:-1], strict=False
        )
    }
