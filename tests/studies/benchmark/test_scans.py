"""The rivals compute what our scan computes."""

import sys
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F

from fer_yolo_mamba.ops import gathered, omni_selective_scan
from fer_yolo_mamba.studies.benchmark.scans import (
    ScanSize,
    forward,
    forward_backward,
    make_leaves,
    plain_scan,
)

SIZES = [ScanSize(1, 1, 2), ScanSize(3, 5, 6, 2), ScanSize(4, 2, 34)]


def reference(inputs, orders):
    return omni_selective_scan(*inputs, orders, backend='reference')


def leaves_of(size, dtype=torch.float64, device='cpu'):
    return {
        name: x.detach().to(dtype).requires_grad_()
        for name, x in make_leaves(size, torch.device(device)).items()
    }


def assert_same_passes(scan, leaves, tolerance):
    torch.testing.assert_close(
        forward(scan, leaves),
        forward(reference, leaves),
        rtol=tolerance,
        atol=tolerance,
    )
    for name, actual, expected in zip(
        leaves,
        forward_backward(scan, leaves),
        forward_backward(reference, leaves),
        strict=True,
    ):
        torch.testing.assert_close(
            actual,
            expected,
            rtol=tolerance,
            atol=tolerance * expected.abs().max().item(),
            msg=lambda text, name=name: f'{name}: {text}',
        )


@pytest.mark.parametrize('size', SIZES, ids=str)
def test_plain_scan_and_its_gradients(size):
    assert_same_passes(plain_scan, leaves_of(size), 1e-12)


def test_passes():
    leaves = leaves_of(ScanSize(2, 3, 4))
    assert leaves['projected'].shape == (1, 2, 3, 8, 1 + 2 * 16)
    assert leaves['A'].shape == (8 * 4, 16)
    y = forward(plain_scan, leaves)
    assert y.shape == (1, 2, 3, 4)
    assert not y.requires_grad
    assert [x.shape for x in forward_backward(plain_scan, leaves)] == [
        x.shape for x in leaves.values()
    ]


def sequence_scan(
    u, delta, A, B, C, D, z=None, delta_bias=None, delta_softplus=False
):
    """mamba-ssm's function by its documented arguments, step by step."""
    assert delta_softplus and z is None
    groups = u.shape[1] // B.shape[1]
    B, C = (x.repeat_interleave(groups, dim=1) for x in (B, C))
    delta = F.softplus(delta + delta_bias[:, None])
    h, outputs = 0, []
    for t in range(u.shape[-1]):
        step = delta[:, :, t, None]
        h = h * torch.exp(step * A) + step * B[..., t] * u[:, :, t, None]
        outputs.append((h * C[..., t]).sum(-1) + D * u[:, :, t])
    return torch.stack(outputs, dim=-1)


def test_mamba_ssm_calls_the_kernel_as_it_is_documented(monkeypatch):
    interface = ModuleType('selective_scan_interface')
    interface.selective_scan_fn = sequence_scan
    for name, module in {
        'selective_scan_cuda': ModuleType('selective_scan_cuda'),
        'mamba_ssm': ModuleType('mamba_ssm'),
        'mamba_ssm.ops': ModuleType('ops'),
        'mamba_ssm.ops.selective_scan_interface': interface,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    assert gathered.missing() is None
    assert_same_passes(gathered.scan, leaves_of(SIZES[1]), 1e-12)


def test_a_missing_kernel_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, 'selective_scan_cuda', None)
    assert 'pip install' in gathered.missing()


@pytest.mark.skipif(
    not torch.cuda.is_available() or gathered.missing() is not None,
    reason='needs a GPU and mamba-ssm',
)
def test_mamba_ssm_on_a_gpu():
    leaves = leaves_of(SIZES[1], torch.float32, 'cuda')
    assert_same_passes(gathered.scan, leaves, 1e-4)
