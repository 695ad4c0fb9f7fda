"""The omnidirectional selective scan in plain PyTorch, on any device.

Serves where there is neither a compiler nor a kernel for the device. Positions
are taken in chunks whose states fit a fixed amount of memory; backward keeps
the state at each chunk's start and computes the others again.

In this file positions come first: in a chunk u is (T, K, batch, D), dt
(T, K, batch, R), B and C (T, K, batch, N), and the states are
(T, K, batch, D, N).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .backend import ScanInputs
from .operator import scan_operator
from .orders import ScanOrder, order_table

DEVICE_TYPE = None
READS_HALVES = False

# States of one chunk: so many that an operation on them is worth a second
# thread; backward holds about eight tensors of this size.
_CHUNK_ELEMENTS = 1 << 21


def missing() -> None:
    """Always there."""


def _forward(
    inputs: ScanInputs, orders: tuple[ScanOrder, ...], keep: bool
) -> tuple[Tensor, Tensor]:
    u, A = inputs.u, inputs.A
    batch, height, width, channels = u.shape
    sequences = _positions_first(inputs)
    y = u.new_zeros(height * width, batch, channels)
    h = A.new_zeros(len(orders), batch, channels, inputs.states)
    starts = []
    for visit in _visits(inputs, orders):
        if keep:
            starts.append(h)
        chunk = _Chunk(_visited(sequences, visit), h)
        y.index_add_(0, visit.flatten(), chunk.output().flatten(0, 1))
        # Not a view: it would keep the states of the whole chunk in memory.
        h = chunk.states[-1].clone()
    y = y.transpose(0, 1).contiguous().view(u.shape)
    return y, torch.stack(starts) if keep else A.new_empty(0)


def _backward(
    grad_y: Tensor,
    kept: Tensor,
    inputs: ScanInputs,
    orders: tuple[ScanOrder, ...],
) -> tuple[Tensor, Tensor, Tensor]:
    of_u, of_inputs, of_parameters = inputs.gradient_shapes
    sequences = _positions_first(inputs)
    grad_y = _pixels_first(grad_y)
    grad_u = torch.zeros_like(grad_y)
    grad_inputs = kept.new_empty(*sequences.dt.shape[:-1], of_inputs[-1])
    grad_parameters = kept.new_zeros(of_parameters)
    grad_h = torch.zeros_like(kept[0])
    direction = torch.arange(len(orders), device=kept.device)
    visits = _visits(inputs, orders)
    for visit, h in zip(reversed(visits), kept.flip(0), strict=True):
        chunk = _Chunk(_visited(sequences, visit), h)
        g_u, g_inputs, g_parameters, grad_h = chunk.gradients(
            grad_y[visit], grad_h
        )
        grad_u.index_add_(0, visit.flatten(), g_u.flatten(0, 1))
        grad_inputs[visit, direction] = g_inputs
        grad_parameters += g_parameters
    return (
        grad_u.transpose(0, 1).contiguous().view(of_u),
        grad_inputs.permute(2, 0, 1, 3).contiguous().view(of_inputs),
        grad_parameters,
    )


def _kept_shape(inputs: ScanInputs) -> tuple[int, ...]:
    batch, height, width, channels = inputs.u.shape
    chunks = math.ceil(height * width / _chunk_length(inputs))
    return chunks, inputs.directions, batch, channels, inputs.states


scan = scan_operator('torch', _forward, _backward, _kept_shape)


def _visits(
    inputs: ScanInputs, orders: tuple[ScanOrder, ...]
) -> tuple[Tensor, ...]:
    """The pixels visited in each chunk, (T, K)."""
    u = inputs.u
    order = order_table(orders, *u.shape[1:3], u.device)
    return order.t().split(_chunk_length(inputs))


def _chunk_length(inputs: ScanInputs) -> int:
    states = inputs.u.shape[0] * inputs.A.numel()
    return max(1, _CHUNK_ELEMENTS // max(1, states))


def _pixels_first(x: Tensor) -> Tensor:
    """(batch, H, W, D) to (H * W, batch, D)."""
    return x.flatten(1, 2).transpose(0, 1)


def _positions_first(inputs: ScanInputs) -> ScanInputs:
    """Maps as (H * W, ...), parameters as a chunk is multiplied by them."""
    dt, B, C = (
        x.flatten(1, 2).permute(1, 2, 0, 3)
        for x in (inputs.dt, inputs.B, inputs.C)
    )
    directions, channels = inputs.dt_bias.shape
    return ScanInputs(
        u=_pixels_first(inputs.u),
        dt=dt,
        A=inputs.A.reshape(directions, 1, channels, -1),
        B=B,
        C=C,
        D=inputs.D.reshape(directions, 1, channels),
        dt_weight=inputs.dt_weight,
        dt_bias=inputs.dt_bias.unsqueeze(1),
    )


def _visited(sequences: ScanInputs, visit: Tensor) -> ScanInputs:
    """The maps at the pixels (T, K), one a direction."""
    direction = torch.arange(visit.shape[1], device=visit.device)
    return sequences._replace(
        u=sequences.u[visit],
        dt=sequences.dt[visit, direction],
        B=sequences.B[visit, direction],
        C=sequences.C[visit, direction],
    )


class _Chunk:
    """Some consecutive positions of every direction, from the state h on."""

    def __init__(self, inputs: ScanInputs, h: Tensor) -> None:
        self.inputs, self.start = inputs, h
        u, dt, A, B, _, _, dt_weight, dt_bias = inputs
        self.x = torch.einsum('tkbr,kdr->tkbd', dt, dt_weight) + dt_bias
        self.delta = F.softplus(self.x)
        self.decay = torch.exp(self.delta.unsqueeze(-1) * A)
        # Step by step: the closed form, with products of decays to divide by,
        # underflows. Steps of all images, directions, channels and states at
        # once are large enough.
        self.states = (self.delta * u).unsqueeze(-1) * B.unsqueeze(-2)
        for decay, state in zip(self.decay, self.states, strict=True):
            h = state.addcmul_(decay, h)

    def output(self) -> Tensor:
        """y, (T, K, batch, D)."""
        y = (self.states @ self.inputs.C.unsqueeze(-1)).squeeze(-1)
        return y.addcmul_(self.inputs.D, self.inputs.u)

    def gradients(self, grad_y: Tensor, grad_h: Tensor) -> tuple[Tensor, ...]:
        """Derivatives, from those of y and of the state at the chunk's end.

        Returns:
            Those of u, (T, K, batch, D); of dt, B and C side by side,
            (T, K, batch, R + 2N); of A, dt_weight, dt_bias and D side by
            side, (K, D, N + R + 2); and of the state at the start.
        """
        u, dt, A, B, C, D, dt_weight, _ = self.inputs
        delta = self.delta
        grad_states = grad_y.unsqueeze(-1) * C.unsqueeze(-2)
        grad_states[-1] += grad_h
        for t in range(len(u) - 1, 0, -1):
            grad_states[t - 1].addcmul_(self.decay[t], grad_states[t])
        grad_C = (grad_y.unsqueeze(-2) @ self.states).squeeze(-2)
        grad_B = ((delta * u).unsqueeze(-2) @ grad_states).squeeze(-2)
        grad_inflow = (grad_states @ B.unsqueeze(-1)).squeeze(-1)

        # What goes on to the state before, then to the exponent of the decay.
        grad_exponent = grad_states.mul_(self.decay)
        grad_h = grad_exponent[0].clone()
        grad_exponent[1:] *= self.states[:-1]
        grad_exponent[0] *= self.start
        grad_A = torch.einsum('tkbdn,tkbd->kdn', grad_exponent, delta)
        grad_delta = (grad_exponent * A).sum(-1) + grad_inflow * u
        # As that of PyTorch's softplus, which is x beyond 20.
        grad_x = torch.where(
            self.x > 20, grad_delta, grad_delta * self.x.sigmoid()
        )
        grad_dt = torch.einsum('tkbd,kdr->tkbr', grad_x, dt_weight)
        grad_dt_weight = torch.einsum('tkbd,tkbr->kdr', grad_x, dt)
        return (
            grad_inflow * delta + grad_y * D,
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
