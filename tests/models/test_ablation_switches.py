"""The switches of a block, on small maps: outputs and gradients."""

import pytest
import torch
from mmyolo.registry import MODELS

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.models import FERYOLOVSS, FERYOLOMambaPAFPN, OmniSS2D
from fer_yolo_mamba.ops import (
    CROSS_ORDERS,
    OMNI_ORDERS,
    TRUE_OMNI_ORDERS,
    available_backends,
)

BACKENDS = [
    name
    for name in ('cpu', 'torch', 'reference')
    if available_backends()[name] is None
]
SWITCHES = {
    'full': {},
    'no FRM': dict(frm=False),
    'no OSS': dict(oss=False),
    'neither': dict(frm=False, oss=False),
    'four directions': dict(scan_cfg=dict(orders=CROSS_ORDERS)),
    'true diagonals': dict(scan_cfg=dict(orders=TRUE_OMNI_ORDERS)),
    'shared projections': dict(scan_cfg=dict(shared_projections=True)),
    'one state': dict(scan_cfg=dict(d_state=1)),
    'eight states': dict(scan_cfg=dict(d_state=8)),
    'convolution': dict(scan_cfg=dict(type='GatedConv')),
}


def build(channels=32, **switches):
    torch.manual_seed(0)
    block = MODELS.build(
        dict(
            type='FERYOLOVSS',
            in_channels=channels,
            out_channels=channels,
            **switches,
        )
    )
    for module in block.modules():
        if type(module).__name__ == 'ABMLP':
            with torch.no_grad():  # its hidden unit may start out dead
                for layer in module.mlp[::2]:
                    layer.weight.abs_()
    return block


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize('switches', SWITCHES.values(), ids=SWITCHES)
@pytest.mark.parametrize('size', [(1, 1), (3, 5), (7, 2)], ids=str)
def test_shapes_and_a_gradient_for_every_parameter(switches, size):
    block = build(**switches).train()
    x = torch.rand(2, 32, *size, requires_grad=True)
    y = block(x)
    assert y.shape == x.shape
    y.square().sum().backward()
    assert x.grad.abs().sum((0, 2, 3)).amin() > 0
    if size != (1, 1):  # where no state decays
        assert [
            name
            for name, parameter in block.named_parameters()
            if parameter.grad is None or not parameter.grad.any()
        ] == []


@pytest.mark.parametrize('frm', [True, False])
@pytest.mark.parametrize('oss', [True, False])
@torch.no_grad()
def test_a_half_without_its_branch_passes_unchanged(frm, oss):
    block = build(frm=frm, oss=oss).eval()
    # With a fusion that passes everything, only branches and shortcut act.
    torch.nn.init.dirac_(block.fuse.weight)
    torch.nn.init.zeros_(block.fuse.bias)
    x = torch.rand(2, 32, 3, 5)
    halves = x.chunk(2, dim=1)
    outputs = (block(x) - x).chunk(2, dim=1)
    for is_on, branch, half, output in zip(
        (frm, oss), (block.frm, block.oss), halves, outputs, strict=True
    ):
        expected = branch(half) if is_on else half
        torch.testing.assert_close(output, expected)
        assert torch.allclose(output, half, atol=1e-3) is not is_on
        assert (parameters(branch) > 0) is is_on


def test_the_default_is_the_full_model():
    names = [order.value for order in OMNI_ORDERS]
    explicit = dict(
        type='OmniSS2D', d_state=16, orders=names, shared_projections=False
    )
    default, same = build(), build(frm=True, oss=True, scan_cfg=explicit)
    assert default.state_dict().keys() == same.state_dict().keys()
    x = torch.rand(2, 32, 3, 5)
    assert torch.equal(default(x), same(x))


@torch.no_grad()
def test_true_diagonals_are_other_directions_for_the_same_weights():
    wrapped = build().eval()
    true = build(scan_cfg=dict(orders=TRUE_OMNI_ORDERS)).eval()
    true.load_state_dict(wrapped.state_dict())
    x = torch.rand(2, 32, 3, 5)
    assert not torch.allclose(true(x), wrapped(x), atol=1e-4)
    # On one row no diagonal has more than one pixel.
    row = x[:, :, :1]
    torch.testing.assert_close(true(row), wrapped(row))


@pytest.mark.parametrize('backend', BACKENDS)
def test_shared_projections_are_equal_ones_with_summed_gradients(backend):
    options = dict(d_state=3, scan_backend=backend)
    shared = OmniSS2D(8, shared_projections=True, **options).double()
    own = OmniSS2D(8, **options).double()
    scan_parameters = dict(shared.named_parameters(recurse=False))
    state = shared.state_dict()
    for name, one in scan_parameters.items():
        ratio = len(getattr(own, name)) // len(one)
        assert ratio == len(OMNI_ORDERS)
        state[name] = torch.cat([one.detach()] * ratio)
    own.load_state_dict(state)

    x = torch.rand(2, 3, 5, 8, dtype=torch.float64)
    outputs = [layer(x) for layer in (shared, own)]
    torch.testing.assert_close(*outputs)
    for y in outputs:
        y.square().sum().backward()
    for name, one in scan_parameters.items():
        by_direction = getattr(own, name).grad.unflatten(0, (-1, len(one)))
        torch.testing.assert_close(one.grad, by_direction.sum(0))


def test_a_convolution_reaches_as_far_as_its_kernel():
    layer = MODELS.build(dict(type='GatedConv', channels=4, kernel_size=5))
    x = torch.rand(1, 1, 9, 4, requires_grad=True)
    layer(x)[0, 0, 0].sum().backward()
    reached = x.grad.abs().sum(-1).flatten() > 0
    # Two pixels by this kernel, one by the 3x3 convolution before it.
    assert reached.tolist() == [True] * 4 + [False] * 5


def test_the_neck_hands_its_switches_to_every_block():
    neck = FERYOLOMambaPAFPN(
        in_channels=[32, 64, 128],
        out_channels=32,
        widen_factor=0.5,
        vss_cfg=dict(frm=False, scan_cfg=dict(d_state=3, orders=['columns'])),
    )
    blocks = [x for x in neck.modules() if isinstance(x, FERYOLOVSS)]
    assert len(blocks) == 4
    for block in blocks:
        assert parameters(block.frm) == 0
        assert block.oss.ss.A_logs.shape[1] == 3
        assert block.oss.ss.orders == CROSS_ORDERS[1:2]


def test_an_unknown_direction():
    with pytest.raises(InputError, match=r"no scan order 'row': choose"):
        build(scan_cfg=dict(orders=['row']))
