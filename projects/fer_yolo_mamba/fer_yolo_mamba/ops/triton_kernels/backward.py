"""The kernel of the backward pass."""

import triton
import triton.language as tl

from .parts import (
    INTEGERS,
    LN_2,
    advance,
    channel_block,
    find_path,
    load_parameters,
    load_row,
    pixel_at,
    step_and_slope,
)


@triton.jit(do_not_specialize=INTEGERS)
def backward(
    grad_y,
    kept,
    u,
    dt,
    A,
    B,
    C,
    D,
    dt_weight,
    dt_bias,
    paths,
    scratch,
    grad_u,
    grad_inputs,
    grad_parameters,
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
):
    """Adds to the gradients of the inputs, stores those of the parameters.

    Spans are taken from the last to the first. A span is walked twice: forward
    from the states that were kept, leaving in `scratch` those at the start of
    each tile; then, tile by tile, from its end.
    """
    direction = tl.program_id(1)
    image = tl.program_id(2).to(tl.int64)
    sequence = image * tl.num_programs(1) + direction
    length = height * width
    path = find_path(paths, direction, height, width, TABLE)
    u += image * u_image
    dt += tl.multiple_of(image * dt_image + direction * dt_direction, UNIT)
    B += tl.multiple_of(image * B_image + direction * B_direction, UNIT)
    C += tl.multiple_of(image * C_image + direction * C_direction, UNIT)
    grad_y += image * length * CHANNELS
    grad_u += image * length * CHANNELS
    WIDTH: tl.constexpr = RANK + 2 * STATES
    grad_inputs += (image * length * tl.num_programs(1) + direction) * WIDTH

    channel, exists = channel_block(CHANNELS, BLOCK)
    n = tl.arange(0, PADDED_STATES)
    r = tl.arange(0, PADDED_RANK)
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
    scratch += sequence * ((SPAN // TILE) * STATES * CHANNELS)
    grad_h = tl.zeros_like(rates)
    grad_A = tl.zeros_like(rates)
    grad_weight = tl.zeros_like(weight)
    grad_bias = tl.zeros_like(bias)
    grad_D = tl.zeros_like(skip)
    for back in range(spans):
        span = spans - 1 - back
        begin = span * SPAN
        tiles = tl.cdiv(tl.minimum(SPAN, length - begin), TILE)

        start = kept + (sequence * spans + span) * (STATES * CHANNELS)
        h = tl.load(start + state, mask=state_exists, other=0)
        for tile in range(tiles):
            start = scratch + tile * (STATES * CHANNELS)
            tl.store(start + state, h, mask=state_exists)
            xs = ()
            deltas = ()
            bs = ()
            for i in tl.static_range(TILE):
                position = tl.minimum(begin + tile * TILE + i, length - 1)
                pixel = pixel_at(position, path, height, width, TABLE)
                x = tl.load(u + pixel * u_pixel + channel, mask=exists, other=0)
                low = load_row(dt, pixel, dt_pixel, RANK, PADDED_RANK, UNIT)
                b = load_row(B, pixel, B_pixel, STATES, PADDED_STATES, UNIT)
                delta, _ = step_and_slope(low.to(dtype), weight, bias)
                xs += (x.to(dtype),)
                deltas += (delta,)
                bs += (b.to(dtype),)
            for i in tl.static_range(TILE):
                h = advance(h, rates, deltas[i], xs[i], bs[i])

        tl.debug_barrier()
        for tile_back in range(tiles):
            tile = tiles - 1 - tile_back
            start = scratch + tile * (STATES * CHANNELS)
            h = tl.load(start + state, mask=state_exists, other=0)
            pixels = ()
            xs = ()
            lows = ()
            bs = ()
            cs = ()
            grad_ys = ()
            deltas = ()
            slopes = ()
            for i in tl.static_range(TILE):
                position = begin + tile * TILE + i
                valid = position < length
                position = tl.minimum(position, length - 1)
                pixel = pixel_at(position, path, height, width, TABLE)
                x = tl.load(u + pixel * u_pixel + channel, mask=exists, other=0)
                to = grad_y + pixel * CHANNELS + channel
                g = tl.load(to, mask=exists, other=0).to(dtype)
                low = load_row(dt, pixel, dt_pixel, RANK, PADDED_RANK, UNIT)
                b = load_row(B, pixel, B_pixel, STATES, PADDED_STATES, UNIT)
                c = load_row(C, pixel, C_pixel, STATES, PADDED_STATES, UNIT)
                delta, slope = step_and_slope(low.to(dtype), weight, bias)
                pixels += (pixel,)
                xs += (x.to(dtype),)
                lows += (low.to(dtype),)
                bs += (b.to(dtype),)
                cs += (c.to(dtype),)
                # Without it all gradients beyond the end are zero.
                grad_ys += (tl.where(valid, g, 0.0),)
                deltas += (delta,)
                slopes += (slope,)

            befores = ()
            decays = ()
            afters = ()
            for i in tl.static_range(TILE):
                befores += (h,)
                decay = tl.exp2(deltas[i] * rates)
                h = decay * h + (deltas[i] * xs[i]) * bs[i][:, None]
                decays += (decay,)
                afters += (h,)

            for i in tl.static_range(TILE - 1, -1, -1):
                x = xs[i]
                delta = deltas[i]
                g_y = grad_ys[i]
                g = g_y * cs[i][:, None] + grad_h
                g_b = tl.sum(g * (delta * x), 1)
                g_c = tl.sum(g_y * afters[i], 1)
                g_dx = tl.sum(g * bs[i][:, None], 0)
                grad_h = g * decays[i]
                g_exponent = grad_h * befores[i]
                grad_A += g_exponent * delta
                g_delta = tl.sum(g_exponent * rates, 0) * LN_2 + g_dx * x
                g_step = g_delta * slopes[i]
                grad_weight += g_step * lows[i][:, None]
                grad_bias += g_step
                grad_D += g_y * x

                to = grad_u + pixels[i] * CHANNELS + channel
                g_u = g_dx * delta + g_y * skip
                tl.atomic_add(to, g_u, mask=exists, sem='relaxed')
                to = grad_inputs + pixels[i] * (tl.num_programs(1) * WIDTH)
                g_low = tl.sum(g_step * weight, 1)
                tl.atomic_add(to + r, g_low, mask=r < RANK, sem='relaxed')
                to += RANK
                tl.atomic_add(to + n, g_b, mask=n < STATES, sem='relaxed')
                to += STATES
                tl.atomic_add(to + n, g_c, mask=n < STATES, sem='relaxed')
        tl.debug_barrier()

    out = grad_parameters + sequence * ((STATES + RANK + 2) * CHANNELS)
    tl.store(out + state, grad_A, mask=state_exists)
    out += STATES * CHANNELS
    weight_exists = exists & (r < RANK)[:, None]
    tl.store(
        out + r[:, None] * CHANNELS + channel, grad_weight, mask=weight_exists
    )
    out += RANK * CHANNELS
    tl.store(out + channel, grad_bias, mask=exists)
    tl.store(out + CHANNELS + channel, grad_D, mask=exists)
