"""Inputs for the scan, and a run of it with every gradient."""

import torch

from fer_yolo_mamba.ops import OMNI_ORDERS, omni_selective_scan

NAMES = ('u', 'projected', 'A', 'D', 'dt_weight', 'dt_bias')


def make_inputs(batch, height, width, channels, states, rank, directions):
    """Float64 leaves; dt, B and C are views of one projection, `projected`."""
    generator = torch.Generator().manual_seed(channels + states + rank)

    def randn(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    row = rank + 2 * states
    return dict(
        u=randn(batch, height, width, channels),
        projected=randn(batch, height, width, directions, row),
        A=-randn(directions * channels, states).exp(),
        D=randn(directions * channels),
        dt_weight=randn(directions, channels, rank) / 2,
        dt_bias=randn(directions, channels) - 2,
    )


def run(inputs, backend, dtype=torch.float64, orders=None):
    """The output, then the gradient of each input, under fixed weights."""
    leaves = {
        name: inputs[name].detach().to(dtype).requires_grad_() for name in NAMES
    }
    y = scan(backend, orders, *leaves.values())
    weights = torch.linspace(-1, 2, y.numel(), dtype=dtype).view(y.shape)
    gradients = torch.autograd.grad(y, tuple(leaves.values()), weights)
    return dict(zip(('y', *NAMES), (y.detach(), *gradients), strict=True))


def scan(backend, orders, u, projected, A, D, dt_weight, dt_bias):
    states, rank = A.shape[-1], dt_weight.shape[-1]
    dt, B, C = projected.split((rank, states, states), dim=-1)
    orders = orders or OMNI_ORDERS[: len(dt_weight)]
    return omni_selective_scan(
        u, dt, A, B, C, D, dt_weight, dt_bias, orders, backend
    )


def assert_same(actual, expected, tolerance):
    """Each within `tolerance` of the largest value of what was expected."""
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(
            actual[name].to(value.dtype),
            value,
            rtol=0,
            atol=tolerance * value.abs().max().clamp(min=1e-20).item(),
            msg=lambda text, name=name: f'{name}: {text}',
        )
