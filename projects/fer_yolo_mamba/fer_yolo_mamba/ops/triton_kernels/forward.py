"""The kernel of the forward pass."""

import triton
import triton.language as tl

from .parts import (
    INTEGERS,
    advance,
    channel_block,
    find_path,
    load_parameters,
    load_row,
    pixel_at,
    step_and_slope,
)


@triton.jit(do_not_specialize=INTEGERS)
def forward(
    u,
    dt,
    A,
    B,
    C,
    D,
    dt_weight,
    dt_bias,
    paths,
    y,
    kept,
    u_image,
    u_pixel,
    dt_image,
    dt_pixel,
    dt_direction,
    B_image,
    B_pixel,
    B_direction,
    C_image,
    C_pixel,
    C_direction,
    height,
    width,
    zero,
    CHANNELS: tl.constexpr,
    STATES: tl.constexpr,
    RANK: tl.constexpr,
    PADDED_STATES: tl.constexpr,
    PADDED_RANK: tl.constexpr,
    UNIT: tl.constexpr,
    TABLE: tl.constexpr,
    BLOCK: tl.constexpr,
    TILE: tl.constexpr,
    SPAN: tl.constexpr,
    KEEP: tl.constexpr,
):
    """Adds the outputs of a direction to y, (batch, length, channels)."""
    direction = tl.program_id(1)
    image = tl.program_id(2).to(tl.int64)
    sequence = image * tl.num_programs(1) + direction
    length = height * width
    path = find_path(paths, direction, height, width, TABLE)
    u += image * u_image
    dt += tl.multiple_of(image * dt_image + direction * dt_direction, UNIT)
    B += tl.multiple_of(image * B_image + direction * B_direction, UNIT)
    C += tl.multiple_of(image * C_image + direction * C_direction, UNIT)
    y += image * length * CHANNELS

    channel, exists = channel_block(CHANNELS, BLOCK)
    channel += zero
    n = tl.arange(0, PADDED_STATES)
    rates, weight, bias, skip = load_parameters(
        (A, D, dt_weight, dt_bias),
        direction,
        channel,
        exists,
        CHANNELS,
        STATES,
        RANK,
        PADDED_STATES,
        PADDED_RANK,
    )
    dtype: tl.constexpr = rates.dtype
    state = n[:, None] * CHANNELS + channel
    state_exists = exists & (n < STATES)[:, None]
    spans = tl.cdiv(length, SPAN)
    h = tl.zeros_like(rates)
    for span in range(spans):
        if KEEP:
            start = kept + (sequence * spans + span) * (STATES * CHANNELS)
            tl.store(start + state, h, mask=state_exists)
        end = tl.minimum((span + 1) * SPAN, length)
        for tile in range(span * SPAN, end, TILE):
            pixels = ()
            xs = ()
            deltas = ()
            bs = ()
            cs = ()
            for i in tl.static_range(TILE):
                # Beyond the end the last pixel is read again.
                position = tl.minimum(tile + i, length - 1)
                pixel = pixel_at(position, path, height, width, TABLE)
                x = tl.load(u + pixel * u_pixel + channel, mask=exists, other=0)
                low = load_row(dt, pixel, dt_pixel, RANK, PADDED_RANK, UNIT)
                b = load_row(B, pixel, B_pixel, STATES, PADDED_STATES, UNIT)
                c = load_row(C, pixel, C_pixel, STATES, PADDED_STATES, UNIT)
                delta, _ = step_and_slope(low.to(dtype), weight, bias)
                pixels += (pixel,)
                xs += (x.to(dtype),)
                deltas += (delta,)
                bs += (b.to(dtype),)
                cs += (c.to(dtype),)
            for i in tl.static_range(TILE):
                h = advance(h, rates, deltas[i], xs[i], bs[i])
                out = tl.sum(h * cs[i][:, None], 0) + skip * xs[i]
                # ... and nothing is added to it.
                out = tl.where(tile + i < length, out, 0.0)
                to = y + pixels[i] * CHANNELS + channel
                tl.atomic_add(to, out, mask=exists, sem='relaxed')
