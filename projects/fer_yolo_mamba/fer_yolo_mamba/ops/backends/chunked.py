"""The omnidirectional selective scan in plain PyTorch, on any device.

Serves where there is neither a compiler nor a kernel for the device. Positions
are taken in chunks whose states fit a fixed amount of memory; backward keeps
the state at each chunk's start and computes the others again.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

DEVICE_TYPE = None

# States of one chunk; the backward pass holds about eight tensors of this size.
_CHUNK_ELEMENTS = 1 << 22


def missing() -> None:
    """Always there."""


def scan(
    u: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    dt_weight: Tensor,
    dt_bias: Tensor,
    order: Tensor,
) -> Tensor:
    """See ``omni_selective_scan``; any device.

    Args:
        u, dt, A, B, C, D, dt_weight, dt_bias: As there, of one dtype.
        order: Pixel visited at each position, (K, H*W), int64.
    """
    directions, channels = len(order), u.shape[-1]
    y = _ScanFunction.apply(
        u.flatten(1, 2).transpose(0, 1),
        *(x.flatten(1, 2).permute(1, 2, 0, 3) for x in (dt, B, C)),
        A.reshape(directions, 1, channels, -1),
        D.reshape(directions, 1, channels),
        dt_weight,
        dt_bias.unsqueeze(1),
        order.t(),
    )
    return y.transpose(0, 1).reshape(u.shape)


class _ScanFunction(torch.autograd.Function):
    """The scan of sequences, chunk by chunk.

    Pixels come first: u (L, batch, D), dt (L, K, batch, R), B and C
    (L, K, batch, N), order (L, K).
    """

    @staticmethod
    def forward(ctx, u, dt, B, C, A, D, dt_weight, dt_bias, order):
        per_position = A.numel() * u.shape[1]
        chunk = max(1, _CHUNK_ELEMENTS // max(1, per_position))
        parameters = (A, D, dt_weight, dt_bias)
        y = torch.zeros_like(u)
        h = A.new_zeros(len(A), u.shape[1], *A.shape[2:])
        checkpoints = []
        for visit in order.split(chunk):
            checkpoints.append(h)
            inputs = _gather(u, dt, B, C, visit)
            y_chunk, h = _scan_chunk(*inputs, h, *parameters)
            y.index_add_(0, visit.flatten(), y_chunk.flatten(0, 1))
        ctx.chunk = chunk
        ctx.save_for_backward(
            u, dt, B, C, *parameters, order, torch.stack(checkpoints)
        )
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_y):
        u, dt, B, C, *parameters, order, checkpoints = ctx.saved_tensors
        grad_u, grad_dt, grad_B, grad_C = (
            torch.zeros_like(x) for x in (u, dt, B, C)
        )
        grad_parameters = [torch.zeros_like(x) for x in parameters]
        grad_h = torch.zeros_like(checkpoints[0])
        direction = torch.arange(order.shape[1], device=order.device)
        visits = order.split(ctx.chunk)
        for visit, h in zip(reversed(visits), checkpoints.flip(0), strict=True):
            inputs = (*_gather(u, dt, B, C, visit), h, *parameters)
            leaves = [x.detach().requires_grad_() for x in inputs]
            with torch.enable_grad():
                outputs = _scan_chunk(*leaves)
            gu, gdt, gB, gC, grad_h, *grads = torch.autograd.grad(
                outputs, leaves, (grad_y[visit], grad_h)
            )
            grad_u.index_add_(0, visit.flatten(), gu.flatten(0, 1))
            grad_dt[visit, direction] = gdt
            grad_B[visit, direction] = gB
            grad_C[visit, direction] = gC
            for total, grad in zip(grad_parameters, grads, strict=True):
                total += grad
        return grad_u, grad_dt, grad_B, grad_C, *grad_parameters, None


def _gather(u, dt, B, C, visit):
    """The rows of a chunk, (T, K, batch, ...), as its directions visit them."""
    direction = torch.arange(visit.shape[1], device=visit.device)
    return u[visit], *(x[visit, direction] for x in (dt, B, C))


def _scan_chunk(u, dt, B, C, h, A, D, dt_weight, dt_bias):
    """Outputs (T, K, batch, D), and the state (K, batch, D, N) at the end."""
    delta = torch.einsum('tkbr,kdr->tkbd', dt, dt_weight) + dt_bias
    delta = F.softplus(delta)
    decay = torch.exp(delta.unsqueeze(-1) * A)
    inflow = (delta * u).unsqueeze(-1) * B.unsqueeze(-2)
    states = _Recurrence.apply(decay, inflow, h)
    y = (states @ C.unsqueeze(-1)).squeeze(-1) + D * u
    return y, states[-1]


class _Recurrence(torch.autograd.Function):
    """h[t] = decay[t] * h[t - 1] + inflow[t], step by step.

    The closed form, with products of decays to divide by, underflows. Steps of
    all images, directions, channels and states at once are large enough.
    """

    @staticmethod
    def forward(ctx, decay, inflow, start):
        states = torch.empty_like(inflow)
        h = start
        for a, b, out in zip(decay, inflow, states, strict=True):
            h = torch.addcmul(b, a, h, out=out)
        ctx.save_for_backward(decay, states, start)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_states):
        decay, states, start = ctx.saved_tensors
        grad_inflow = grad_states.clone()
        for t in range(len(decay) - 1, 0, -1):
            grad_inflow[t - 1].addcmul_(decay[t], grad_inflow[t])
        before = torch.cat((start.unsqueeze(0), states[:-1]))
        return grad_inflow * before, grad_inflow, decay[0] * grad_inflow[0]
