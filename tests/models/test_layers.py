"""The blocks of Fig. 2 on small maps, square or not."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmyolo.registry import MODELS

from fer_yolo_mamba.ops import CROSS_ORDERS

GOLDEN = Path(__file__).parents[1] / 'data' / 'vss_block.npz'

# Names of the released block beside ours.
RENAMED = {
    'ln_1.': 'oss.norm.',
    'self_attention.': 'oss.ss.',
    'frm.0.': 'frm.squeeze.conv.',
    'frm.1.': 'frm.squeeze.bn.',
    'frm.3.fc.': 'frm.attention.mlp.',
    'frm.4.': 'frm.restore.conv.',
    'frm.5.': 'frm.restore.bn.',
    'finalconv11.': 'fuse.',
}


def build(type, **kwargs):
    return MODELS.build(dict(type=type, **kwargs)).eval()


@pytest.mark.parametrize('size', [(1, 1), (1, 7), (5, 3), (8, 8)])
@pytest.mark.parametrize('type', ['ABMLP', 'FRM', 'OSSBlock'])
def test_a_layer_keeps_its_shape(type, size):
    x = torch.rand(2, 32, *size)
    assert build(type, channels=32)(x).shape == x.shape


@pytest.mark.parametrize(
    ('in_channels', 'out_channels', 'has_shortcut'),
    [(32, 16, False), (32, 32, True)],
    ids=['VSS1', 'VSS2'],
)
def test_variants_of_the_block(in_channels, out_channels, has_shortcut):
    block = build(
        'FERYOLOVSS', in_channels=in_channels, out_channels=out_channels
    )
    x = torch.rand(1, in_channels, 3, 5)
    torch.nn.init.zeros_(block.fuse.weight)
    torch.nn.init.zeros_(block.fuse.bias)
    y = block(x)
    assert y.shape == (1, out_channels, 3, 5)
    # With a fusion of zeros only the shortcut is left.
    torch.testing.assert_close(y, x if has_shortcut else torch.zeros_like(y))


def test_attention_is_a_weight_between_0_and_1_for_each_channel():
    x = torch.rand(2, 8, 3, 4) + 0.1
    weights = build('ABMLP', channels=8)(x) / x
    assert weights.min() > 0
    assert weights.max() < 1
    torch.testing.assert_close(weights, weights[..., :1, :1].expand_as(x))


def test_attention_keeps_one_hidden_unit():
    assert build('ABMLP', channels=8).mlp[0].out_features == 1


def test_scan_starts_as_mamba_does():
    scan = build('OmniSS2D', channels=32, d_state=4, orders=CROSS_ORDERS)
    assert scan.x_proj_weight.shape == (4, 2 + 2 * 4, 64)
    assert scan.dt_projs_weight.shape == (4, 64, 2)
    step = torch.nn.functional.softplus(scan.dt_projs_bias)
    assert step.min() > 1e-3 * 0.99
    assert step.max() < 0.1 * 1.01
    A = scan.A_logs.exp()
    torch.testing.assert_close(A, torch.tensor([1.0, 2, 3, 4]).expand(256, 4))
    torch.testing.assert_close(scan.Ds, torch.ones(256))


def test_every_parameter_of_the_block_gets_a_gradient():
    block = build('FERYOLOVSS', in_channels=32, out_channels=32).train()
    with torch.no_grad():  # the one hidden unit may start out dead
        for layer in block.frm.attention.mlp[::2]:
            layer.weight.abs_()
    block(torch.rand(2, 32, 3, 5)).square().sum().backward()
    without = [
        name
        for name, parameter in block.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert without == []


@pytest.fixture(scope='module')
def golden():
    """One released block: its weights, inputs and outputs."""
    with np.load(GOLDEN) as file:
        return {name: torch.from_numpy(file[name]) for name in file.files}


@pytest.fixture(scope='module')
def golden_block(golden):
    block = build('FERYOLOVSS', in_channels=64, out_channels=64)
    state = {}
    for name in (name for name in golden if name.startswith('w/')):
        old = name.removeprefix('w/')
        prefix = next(prefix for prefix in RENAMED if old.startswith(prefix))
        state[RENAMED[prefix] + old.removeprefix(prefix)] = golden[name]
    block.load_state_dict(state)
    return block


# In inference mode other kernels serve.
modes = pytest.mark.parametrize('mode', [torch.no_grad, torch.inference_mode])


@modes
def test_golden_block(mode, golden, golden_block):
    with mode():
        y = golden_block(golden['x_bhwc'].permute(0, 3, 1, 2))
    torch.testing.assert_close(
        y.permute(0, 2, 3, 1), golden['y_bhwc'], atol=1e-4, rtol=0
    )


@modes
def test_golden_branches(mode, golden, golden_block):
    left, right = golden['x_bhwc'].chunk(2, dim=-1)
    with mode():
        ss = golden_block.oss.ss(golden_block.oss.norm(right))
        frm = golden_block.frm(left.permute(0, 3, 1, 2))
    torch.testing.assert_close(ss, golden['ss2d_bhwc'], atol=1e-4, rtol=0)
    torch.testing.assert_close(frm, golden['frm_bchw'], atol=1e-4, rtol=0)
