"""The omnidirectional selective scan in plain PyTorch, on any device.

Serves where there is neither a compiler nor a kernel for the device. Positions
are taken in chunks whose states fit a fixed amount of memory; backward keeps
the state at each chunk's start and computes the others again.

In this file positions come first: in a chunk u is (T, K, batch, D), dt
(T, K, batch, R), B and C (T, K, batch, N), and the states are
(T, K, batch, D, N).
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..scan_orders import ScanOrder, order_table
from .operator import scan_operator

DEVICE_TYPE = None
READS_HALVES = False

# States of one chunk: so many that an operation on them is worth a second
# thread; backward holds about eight tensors of this size.
_CHUNK_ELEMENTS = 1 << 21


def missing() -> None:
    """Always there."""


def _forward(
    u: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    dt_weight: Tensor,
    dt_bias: Tensor,
    orders: Sequence[ScanOrder],
    keep: bool,
) -> tuple[Tensor, Tensor]:
    batch, height, width, channels = u.shape
    visits = _visits(u, A, orders)
    maps = _Maps(u, dt, B, C)
    parameters = _Parameters(A, D, dt_weight, dt_bias)
    y = u.new_zeros(height * width, batch, channels)
    h = A.new_zeros(len(orders), batch, channels, A.shape[-1])
    starts = []
    for visit in visits:
        if keep:
            starts.append(h)
        chunk = _Chunk(*maps.at(visit), h, parameters)
        y.index_add_(0, visit.flatten(), chunk.output().flatten(0, 1))
        h = chunk.states[-1]
    y = y.transpose(0, 1).contiguous().view(u.shape)
    return y, torch.stack(starts) if keep else A.new_empty(0)


def _backward(
    grad_y: Tensor,
    kept: Tensor,
    u: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    dt_weight: Tensor,
    dt_bias: Tensor,
    orders: Sequence[ScanOrder],
) -> tuple[Tensor, Tensor, Tensor]:
    _, height, width, channels = u.shape
    visits = _visits(u, A, orders)
    maps = _Maps(u, dt, B, C)
    parameters = _Parameters(A, D, dt_weight, dt_bias)
    grad_y = _pixels_first(grad_y)
    grad_u = torch.zeros_like(grad_y)
    rank, states = dt.shape[-1], A.shape[-1]
    grad_inputs = dt.new_empty(
        height * width, len(orders), len(u), rank + 2 * states
    )
    grad_parameters = A.new_zeros(len(orders), channels, states + rank + 2)
    grad_h = torch.zeros_like(kept[0])
    direction = torch.arange(len(orders), device=u.device)
    for visit, h in zip(reversed(visits), kept.flip(0), strict=True):
        chunk = _Chunk(*maps.at(visit), h, parameters)
        grad_u_chunk, inputs, of_parameters, grad_h = chunk.gradients(
            grad_y[visit], grad_h
        )
        grad_u.index_add_(0, visit.flatten(), grad_u_chunk.flatten(0, 1))
        grad_inputs[visit, direction] = inputs
        grad_parameters += of_parameters
    return (
        grad_u.transpose(0, 1).contiguous().view(u.shape),
        grad_inputs.permute(2, 0, 1, 3).contiguous().view(*dt.shape[:-1], -1),
        grad_parameters,
    )


def _visits(
    u: Tensor, A: Tensor, orders: Sequence[ScanOrder]
) -> tuple[Tensor, ...]:
    """The pixels visited in each chunk, (T, K)."""
    order = order_table(orders, *u.shape[1:3], u.device)
    return order.t().split(_chunk(u, A))


def _chunk(u: Tensor, A: Tensor) -> int:
    """Positions of a chunk."""
    return max(1, _CHUNK_ELEMENTS // max(1, u.shape[0] * A.numel()))


def _kept_shape(u: Tensor, A: Tensor, directions: int) -> tuple[int, ...]:
    batch, height, width, channels = u.shape
    chunks = math.ceil(height * width / _chunk(u, A))
    return chunks, directions, batch, channels, A.shape[-1]


scan = scan_operator('torch', _forward, _backward, _kept_shape)


def _pixels_first(x: Tensor) -> Tensor:
    """(batch, H, W, D) to (H * W, batch, D)."""
    return x.flatten(1, 2).transpose(0, 1)


class _Maps:
    """The inputs, to be read as the directions visit them."""

    def __init__(self, u, dt, B, C):
        self.u = _pixels_first(u)
        self.others = [x.flatten(1, 2).permute(1, 2, 0, 3) for x in (dt, B, C)]

    def at(self, visit):
        """u, dt, B, C of the pixels (T, K)."""
        direction = torch.arange(visit.shape[1], device=visit.device)
        return self.u[visit], *(x[visit, direction] for x in self.others)


class _Parameters:
    """The parameters, shaped for a chunk."""

    def __init__(self, A, D, dt_weight, dt_bias):
        directions, channels, _ = dt_weight.shape
        self.A = A.reshape(directions, 1, channels, -1)
        self.D = D.reshape(directions, 1, channels)
        self.dt_weight = dt_weight
        self.dt_bias = dt_bias.unsqueeze(1)


class _Chunk:
    """Some consecutive positions of every direction, from the state h on."""

    def __init__(self, u, dt, B, C, h, parameters):
        self.u, self.dt, self.B, self.C = u, dt, B, C
        self.start, self.parameters = h, parameters
        p = parameters
        self.x = torch.einsum('tkbr,kdr->tkbd', dt, p.dt_weight) + p.dt_bias
        self.delta = F.softplus(self.x)
        self.decay = torch.exp(self.delta.unsqueeze(-1) * p.A)
        # Step by step: the closed form, with products of decays to divide by,
        # underflows. Steps of all images, directions, channels and states at
        # once are large enough.
        self.states = (self.delta * u).unsqueeze(-1) * B.unsqueeze(-2)
        for decay, state in zip(self.decay, self.states, strict=True):
            h = state.addcmul_(decay, h)

    def output(self):
        """y, (T, K, batch, D)."""
        y = (self.states @ self.C.unsqueeze(-1)).squeeze(-1)
        return y.addcmul_(self.parameters.D, self.u)

    def gradients(self, grad_y, grad_h):
        """Derivatives, from those of y and of the state at the chunk's end.

        Returns:
            Those of u, (T, K, batch, D); of dt, B and C side by side,
            (T, K, batch, R + 2N); of A, dt_weight, dt_bias and D side by
            side, (K, D, N + R + 2); and of the state at the start.
        """
        p, u, delta = self.parameters, self.u, self.delta
        grad_states = grad_y.unsqueeze(-1) * self.C.unsqueeze(-2)
        grad_states[-1] += grad_h
        for t in range(len(u) - 1, 0, -1):
            grad_states[t - 1].addcmul_(self.decay[t], grad_states[t])
        grad_C = (grad_y.unsqueeze(-2) @ self.states).squeeze(-2)
        grad_B = ((delta * u).unsqueeze(-2) @ grad_states).squeeze(-2)
        grad_inflow = (grad_states @ self.B.unsqueeze(-1)).squeeze(-1)

        # What goes on to the state before, then to the exponent of the decay.
        grad_exponent = grad_states.mul_(self.decay)
        grad_h = grad_exponent[0].clone()
        grad_exponent[1:] *= self.states[:-1]
        grad_exponent[0] *= self.start
        grad_A = torch.einsum('tkbdn,tkbd->kdn', grad_exponent, delta)
        grad_delta = (grad_exponent * p.A).sum(-1) + grad_inflow * u
        # As that of PyTorch's softplus, which is x beyond 20.
        grad_x = torch.where(
            self.x > 20, grad_delta, grad_delta * self.x.sigmoid()
        )
        grad_dt = torch.einsum('tkbd,kdr->tkbr', grad_x, p.dt_weight)
        grad_dt_weight = torch.einsum('tkbd,tkbr->kdr', grad_x, self.dt)
        return (
            grad_inflow * delta + grad_y * p.D,
            torch.cat((grad_dt, grad_B, grad_C), -1),
            torch.cat(
                (
                    grad_A,
                    grad_dt_weight,
                    grad_x.sum((0, 2)).unsqueeze(-1),
                    (grad_y * u).sum((0, 2)).unsqueeze(-1),
                ),
                -1,
            ),
            grad_h,
        )
