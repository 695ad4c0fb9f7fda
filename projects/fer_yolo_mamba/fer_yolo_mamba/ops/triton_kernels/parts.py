"""What both kernels are made of."""

import triton
import triton.language as tl

LOG2_E = tl.constexpr(1.4426950408889634)
LN_2 = tl.constexpr(0.6931471805599453)

# No kernel of its own for an integer that is 1 or a multiple of 16.
INTEGERS = (
    *('u_image', 'u_pixel', 'dt_image', 'dt_pixel', 'dt_direction'),
    *('B_image', 'B_pixel', 'B_direction', 'C_image', 'C_pixel', 'C_direction'),
    *('height', 'width', 'zero'),
)


@triton.jit
def reciprocal(divisor):
    """2^30 / divisor, rounded up, for `divide`."""
    return ((1 << 30) - 1 + divisor) // divisor


@triton.jit
def divide(x, reciprocal):
    """x // divisor, exact for x >= 0 where x * divisor < 2^30."""
    return ((x.to(tl.int64) * reciprocal) >> 30).to(tl.int32)


@triton.jit
def find_path(paths, direction, height, width, TABLE: tl.constexpr):
    """What `pixel_at` needs to know of a direction."""
    if TABLE:
        return paths + direction * (height * width)
    else:
        by_rows = tl.load(paths + 3 * direction) != 0
        slope = tl.load(paths + 3 * direction + 1)
        is_reversed = tl.load(paths + 3 * direction + 2) != 0
        first = tl.where(is_reversed, height * width - 1, 0)
        step = tl.where(is_reversed, -1, 1)
        # The same modulo the width, and what is divided stays positive.
        slope = tl.where(slope < 0, slope + width, slope)
        line = tl.where(by_rows, width, height)
        per_line = reciprocal(line)
        per_width = reciprocal(width)
        return first, step, by_rows, slope, line, per_line, per_width


@triton.jit
def pixel_at(position, path, height, width, TABLE: tl.constexpr):
    """The pixel visited at a position, from a table or as `Walk` defines it."""
    if TABLE:
        return tl.load(path + position)
    else:
        first, step, by_rows, slope, line, per_line, per_width = path
        position = first + step * position
        number = divide(position, per_line)
        rest = position - number * line
        row = tl.where(by_rows, number, rest)
        column = tl.where(by_rows, rest, number) + slope * row
        column -= divide(column, per_width) * width
        return row * width + column


@triton.jit
def channel_block(CHANNELS: tl.constexpr, BLOCK: tl.constexpr):
    """The program's channels, (BLOCK,), and which of them exist."""
    channel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    if CHANNELS % BLOCK == 0:
        return channel, tl.full(channel.shape, True, tl.int1)
    else:
        return channel, channel < CHANNELS


@triton.jit
def load_parameters(
    pointers,
    direction,
    channel,
    exists,
    CHANNELS: tl.constexpr,
    STATES: tl.constexpr,
    RANK: tl.constexpr,
    PADDED_STATES: tl.constexpr,
    PADDED_RANK: tl.constexpr,
):
    """A * log2(e), dt_weight, dt_bias and D of the channels in a direction."""
    A, D, dt_weight, dt_bias = pointers
    n = tl.arange(0, PADDED_STATES)[:, None]
    index = (direction * STATES + n) * CHANNELS + channel
    rates = tl.load(A + index, mask=exists & (n < STATES), other=0)
    r = tl.arange(0, PADDED_RANK)[:, None]
    index = (direction * RANK + r) * CHANNELS + channel
    weight = tl.load(dt_weight + index, mask=exists & (r < RANK), other=0)
    index = direction * CHANNELS + channel
    bias = tl.load(dt_bias + index, mask=exists, other=0)
    skip = tl.load(D + index, mask=exists, other=0)
    return rates * LOG2_E, weight, bias, skip


@triton.jit
def load_row(
    start,
    pixel,
    stride,
    SIZE: tl.constexpr,
    PADDED: tl.constexpr,
    UNIT: tl.constexpr,
):
    """A pixel's row of dt, B or C, with zeros up to PADDED."""
    index = tl.arange(0, PADDED)
    pointers = start + tl.multiple_of(pixel * stride, UNIT) + index
    if SIZE == PADDED:
        return tl.load(pointers)
    else:
        return tl.load(pointers, mask=index < SIZE, other=0)


@triton.jit
def step_and_slope(low, weight, bias):
    """delta, the softplus of the projected step, and the softplus's slope.

    As in PyTorch, softplus(x) is x beyond 20. With e = exp(-|x|) it is
    max(x, 0) + log(1 + e). The logarithm, 2 artanh(e / (2 + e)), is summed as a
    series: Triton's own is not exact near 1, where small steps are.
    """
    x = tl.sum(low[:, None] * weight, 0) + bias
    e = tl.where(x > 20, 0.0, tl.exp2(tl.abs(x) * -LOG2_E))
    z = e / (2 + e)
    # z^2 is at most 1/9.
    TERMS: tl.constexpr = 17 if x.dtype == tl.float64 else 7
    series = tl.zeros_like(x)
    for i in tl.static_range(TERMS):
        series = series * (z * z) + 1.0 / (2 * (TERMS - i) - 1)
    slope = tl.where(x > 0, 1.0, e) / (1 + e)
    return tl.maximum(x, 0.0) + 2 * z * series, slope


@triton.jit
def advance(h, rates, delta, x, b):
    """The states after one more position."""
    decay = tl.exp2(delta * rates)
    return decay * h + (delta * x) * b[:, None]
