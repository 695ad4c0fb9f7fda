"""The algorithm of mamba-ssm's kernel, in Triton: a rival for measurements.

mamba-ssm (Gu and Dao, arXiv 2312.00752, Section 3.3.2) scans a sequence with
one program a channel: the positions are in registers, side by side, and a
parallel scan joins them, state after state. States never reach the memory; the
backward pass computes them again. Where mamba-ssm itself is not installed this
says what its way of working costs, on the copies that it needs, one a
direction. Sequences are short enough to be in one program at once, as there.
"""

from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from torch import Tensor

from ..ops import ScanInputs, ScanOrder
from ..ops.gathered import gathered_scan


def parallel_scan(inputs: ScanInputs, orders: Sequence[ScanOrder]) -> Tensor:
    """As :func:`~fer_yolo_mamba.ops.omni_selective_scan`, on copies; a GPU.

    Maps may be of 16 bits: so are their copies, and sums are of 32.
    """
    weight = inputs.dt_weight.to(inputs.dt.dtype)
    inputs = inputs._replace(dt_weight=weight)
    return gathered_scan(_SequenceScan.apply, inputs, orders)


class _SequenceScan(torch.autograd.Function):
    """See ``gathered_scan``."""

    @staticmethod
    def forward(ctx, u, delta, A, B, C, D, bias):
        tensors = [x.contiguous() for x in (u, delta, A, B, C, D, bias)]
        ctx.save_for_backward(*tensors)
        y = torch.empty_like(tensors[0])
        _launch(_forward, *tensors, y)
        return y

    @staticmethod
    def backward(ctx, grad_y):
        u, delta, A, B, C, D, bias = ctx.saved_tensors
        grads = [
            torch.empty_like(u),
            torch.empty_like(delta),
            *(x.new_zeros(x.shape, dtype=A.dtype) for x in (A, B, C, D, bias)),
        ]
        _launch(_backward, *ctx.saved_tensors, grad_y.contiguous(), *grads)
        return tuple(
            grad.to(x.dtype)
            for grad, x in zip(grads, ctx.saved_tensors, strict=True)
        )


def _launch(kernel, *tensors: Tensor) -> None:
    u, A, B = tensors[0], tensors[2], tensors[3]
    batch, rows, length = u.shape
    block = triton.next_power_of_2(length)
    with torch.cuda.device_of(u):
        kernel[rows, batch](
            *tensors,
            length,
            rows // B.shape[1],
            STATES=A.shape[-1],
            BLOCK=block,
            # 16 positions to a thread, as there.
            num_warps=max(1, block // 512),
        )


@triton.jit
def _join(decay, state, next_decay, next_state):
    return decay * next_decay, next_decay * state + next_state


@triton.jit
def _load(u, delta, D, bias, row, sequence, t, inside):
    """x, D, and Δ before softplus and after it; Δ is zero beyond the end."""
    x = tl.load(u + sequence + t, mask=inside, other=0).to(tl.float32)
    raw = tl.load(delta + sequence + t, mask=inside, other=0).to(tl.float32)
    raw += tl.load(bias + row)
    step = tl.where(raw > 20, raw, tl.log(1 + tl.exp(raw)))
    return x, tl.load(D + row), raw, tl.where(inside, step, 0.0)


@triton.jit
def _forward(
    u,
    delta,
    A,
    B,
    C,
    D,
    bias,
    y,
    length,
    channels,
    STATES: tl.constexpr,
    BLOCK: tl.constexpr,
):
    row, image = tl.program_id(0), tl.program_id(1).to(tl.int64)
    rows = tl.num_programs(0)
    t = tl.arange(0, BLOCK)
    inside = t < length
    sequence = (image * rows + row) * length
    states = (image * (rows // channels) + row // channels) * STATES * length
    x, skip, _, step = _load(u, delta, D, bias, row, sequence, t, inside)
    out = skip * x
    for n in range(STATES):
        at = states + n * length + t
        b = tl.load(B + at, mask=inside, other=0).to(tl.float32)
        c = tl.load(C + at, mask=inside, other=0).to(tl.float32)
        decay = tl.exp(step * tl.load(A + row * STATES + n))
        _, h = tl.associative_scan((decay, step * x * b), 0, _join)
        out += h * c
    tl.store(y + sequence + t, out, mask=inside)


@triton.jit
def _backward(
    u,
    delta,
    A,
    B,
    C,
    D,
    bias,
    grad_y,
    grad_u,
    grad_delta,
    grad_A,
    grad_B,
    grad_C,
    grad_D,
    grad_bias,
    length,
    channels,
    STATES: tl.constexpr,
    BLOCK: tl.constexpr,
):
    row, image = tl.program_id(0), tl.program_id(1).to(tl.int64)
    rows = tl.num_programs(0)
    t = tl.arange(0, BLOCK)
    inside = t < length
    sequence = (image * rows + row) * length
    states = (image * (rows // channels) + row // channels) * STATES * length
    x, skip, raw, step = _load(u, delta, D, bias, row, sequence, t, inside)
    # The gradient of a state passes through the decay of the next position.
    _, _, _, next_step = _load(
        u, delta, D, bias, row, sequence, t + 1, t + 1 < length
    )
    g_y = tl.load(grad_y + sequence + t, mask=inside, other=0).to(tl.float32)
    g_x = g_y * skip
    g_step = tl.zeros_like(x)
    for n in range(STATES):
        at = states + n * length + t
        b = tl.load(B + at, mask=inside, other=0).to(tl.float32)
        c = tl.load(C + at, mask=inside, other=0).to(tl.float32)
        rate = tl.load(A + row * STATES + n)
        inflow = step * x * b
        _, h = tl.associative_scan((tl.exp(step * rate), inflow), 0, _join)
        _, g_h = tl.associative_scan(
            (tl.exp(next_step * rate), g_y * c), 0, _join, reverse=True
        )
        decayed = h - inflow
        g_x += g_h * step * b
        g_step += g_h * (x * b + rate * decayed)
        tl.atomic_add(grad_B + at, g_h * step * x, mask=inside, sem='relaxed')
        tl.atomic_add(grad_C + at, g_y * h, mask=inside, sem='relaxed')
        g_rate = tl.sum(g_h * step * decayed, 0)
        tl.atomic_add(grad_A + row * STATES + n, g_rate, sem='relaxed')
    g_step *= tl.where(raw > 20, 1.0, 1 / (1 + tl.exp(-raw)))
    tl.store(grad_u + sequence + t, g_x, mask=inside)
    tl.store(grad_delta + sequence + t, g_step, mask=inside)
    g_bias = tl.sum(tl.where(inside, g_step, 0.0), 0)
    tl.atomic_add(grad_bias + row, g_bias, sem='relaxed')
    tl.atomic_add(grad_D + row, tl.sum(g_y * x, 0), sem='relaxed')
