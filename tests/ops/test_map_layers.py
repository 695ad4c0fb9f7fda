"""The layers around a scan say what PyTorch's own say, gradients included."""

import sys
from contextlib import suppress

import pytest
import torch
import torch.nn as nn

from fer_yolo_mamba.ops import cpu, depthwise_silu, gated_norm, map_layers

pytestmark = pytest.mark.skipif(
    cpu.missing() is not None, reason=f"the backend 'cpu' {cpu.missing()}"
)


@pytest.fixture(params=['generic', 'AVX2', 'AVX-512'])
def instruction_set(request):
    limit = cpu.library().omni_scan_limit_instruction_set
    level = ['generic', 'AVX2', 'AVX-512'].index(request.param)
    if limit(level) != level:
        pytest.skip(f'this processor has no {request.param}')
    yield
    limit(sys.maxsize)


@pytest.fixture
def calls(monkeypatch):
    """Names of the kernels that ran."""
    names = []
    call = map_layers.call_layer
    monkeypatch.setattr(
        map_layers,
        'call_layer',
        lambda name, *args, **kwargs: (
            names.append(name) or call(name, *args, **kwargs)
        ),
    )
    return names


def layers(channels):
    torch.manual_seed(0)
    conv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
    norm = nn.LayerNorm(channels, eps=1e-6)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    return conv, norm


def outputs(x, gate, conv, norm):
    return (
        depthwise_silu(x, conv),
        gated_norm(x, norm),
        gated_norm(x, norm, gate),
    )


# batch, height, width, channels
SIZES = [(1, 1, 1, 1), (2, 5, 7, 33), (1, 9, 2, 16), (3, 1, 4, 70)]


@pytest.mark.parametrize('threads', [1, 3])
@pytest.mark.parametrize('size', SIZES, ids=str)
@pytest.mark.usefixtures('instruction_set')
def test_agrees_with_pytorch(size, threads, calls):
    conv, norm = layers(size[-1])
    x, gate = torch.randn(*size[:-1], 2 * size[-1]).chunk(2, dim=-1)
    with torch.no_grad():
        expected = outputs(
            *(y.double() for y in (x, gate)),
            *(layer.double() for layer in layers(size[-1])),
        )
    assert calls == []
    torch.set_num_threads(threads)
    with torch.inference_mode():
        actual = outputs(x, gate, conv, norm)
    assert calls == ['depthwise_silu', 'gated_norm', 'gated_norm']
    for given, wanted in zip(actual, expected, strict=True):
        torch.testing.assert_close(given.double(), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('value', [-1e30, -200.0, -88.0, 0.0, 100.0, 1e30])
@pytest.mark.usefixtures('instruction_set')
def test_extreme_values(value):
    conv, norm = layers(20)
    nn.init.zeros_(conv.weight)
    nn.init.constant_(conv.bias, value)
    x = torch.randn(1, 2, 3, 20)
    gate = torch.full_like(x, value)
    with torch.no_grad():
        expected = outputs(x, gate, conv, norm)
    with torch.inference_mode():
        actual = outputs(x, gate, conv, norm)
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('dtype', [torch.float64, torch.bfloat16])
def test_other_types_are_left_to_pytorch(dtype, calls):
    conv, norm = (layer.to(dtype) for layer in layers(4))
    x = torch.randn(1, 3, 2, 4, dtype=dtype)
    with torch.inference_mode():
        assert all(y.dtype == dtype for y in outputs(x, x, conv, norm))
    assert calls == []


def gradients(x, gate, conv, norm, grad):
    """Of all inputs and parameters, with the channels of another map."""
    x, gate = (y.detach().requires_grad_() for y in (x, gate))
    layers = (*conv.parameters(), *norm.parameters())
    found = []
    for y in outputs(x, gate, conv, norm):
        found += torch.autograd.grad(
            y, (x, gate, *layers), grad, allow_unused=True
        )
    return found


@pytest.mark.parametrize('threads', [1, 3])
@pytest.mark.parametrize('size', SIZES, ids=str)
@pytest.mark.usefixtures('instruction_set')
def test_gradients_agree_with_pytorch(size, threads, calls):
    x, gate, grad = torch.randn(*size[:-1], 3 * size[-1]).chunk(3, dim=-1)
    expected = gradients(
        *(y.double() for y in (x, gate)),
        *(layer.double() for layer in layers(size[-1])),
        grad.double(),
    )
    assert calls == []
    torch.set_num_threads(threads)
    actual = gradients(x, gate, *layers(size[-1]), grad)
    assert calls == [
        'depthwise_silu',
        'gated_norm',
        'gated_norm',
        'depthwise_silu_backward',
        'depthwise_input_gradient',
        'gated_norm_backward',
        'gated_norm_backward',
    ]
    for given, wanted in zip(actual, expected, strict=True):
        assert (given is None) == (wanted is None)
        if given is not None:
            torch.testing.assert_close(
                given.double(), wanted, rtol=1e-4, atol=1e-4
            )


@pytest.mark.parametrize('value', [-1e30, -200.0, -88.0, 0.0, 100.0, 1e30])
@pytest.mark.usefixtures('instruction_set')
def test_gradients_at_extreme_values(value, monkeypatch):
    conv, norm = layers(20)
    nn.init.zeros_(conv.weight)
    nn.init.constant_(conv.bias, value)
    x, grad = torch.randn(2, 1, 2, 3, 20)
    gate = torch.full_like(x, value)
    actual = gradients(x, gate, conv, norm, grad)
    monkeypatch.setattr(cpu, 'missing', lambda: 'is not there')
    expected = gradients(x, gate, conv, norm, grad)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4)


def test_what_is_not_differentiated_is_left_to_pytorch(calls):
    conv, norm = layers(4)
    with torch.no_grad():
        outputs(*torch.randn(2, 1, 3, 2, 4), conv, norm)
    conv.requires_grad_(False)
    norm.requires_grad_(False)
    outputs(*torch.randn(2, 1, 3, 2, 4), conv, norm)
    assert calls == []


@pytest.mark.parametrize('training', [False, True])
def test_weights_on_another_device_are_left_to_pytorch(training, calls):
    x = torch.randn(1, 2, 3, 16)
    with torch.inference_mode(not training):
        for layer, module in zip(
            (depthwise_silu, gated_norm), layers(16), strict=True
        ):
            with suppress(RuntimeError):
                layer(x, module.to('meta'))
    assert not calls
