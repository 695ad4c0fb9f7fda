"""BiFPN against its equations (arXiv 1911.09070, Section 3)."""

import pytest
import torch
import torch.nn.functional as F
from mmyolo.registry import MODELS

from fer_yolo_mamba.models.baselines.efficientdet import (
    BiFPN,
    BiFPNLayer,
    BiFPNNode,
    FastNormalizedFusion,
    SeparableConv2d,
)

NORM = dict(type='BN', eps=0)


@pytest.mark.parametrize(
    ('weights', 'shares'),
    [
        ([1, 1], [1 / 2, 1 / 2]),
        ([3, 0, 1], [3 / 4, 0, 1 / 4]),
        ([-5, 2], [0, 1]),
        ([-5, -1, 0], [0, 0, 0]),
    ],
)
def test_shares_are_normalised_and_never_negative(weights, shares):
    fusion = FastNormalizedFusion(len(weights), eps=1e-9)
    with torch.no_grad():
        fusion.weight.copy_(torch.tensor(weights))
    torch.testing.assert_close(
        fusion.shares(), torch.tensor(shares, dtype=torch.float)
    )
    maps = torch.rand(len(weights), 2, 3, 4, 5)
    torch.testing.assert_close(
        fusion(maps), sum(s * x for s, x in zip(shares, maps, strict=True))
    )


def test_training_cannot_make_a_share_negative():
    fusion = FastNormalizedFusion(3)
    maps = [torch.full((1, 1, 2, 2), value) for value in (-1.0, 0.0, 1.0)]
    for _ in range(5):  # the last map had better go
        (gradient,) = torch.autograd.grad(fusion(maps).mean(), fusion.weight)
        with torch.no_grad():
            fusion.weight.sub_(5 * gradient)
    assert fusion.weight.min() < 0
    assert fusion.shares().min() == 0
    assert 0.99 < fusion.shares().sum() < 1


def test_a_separable_convolution_is_an_ordinary_one_of_rank_one():
    conv = SeparableConv2d(3, 5, bias=True)
    kernel = torch.einsum(
        'oi,ihw->oihw',
        conv.pointwise.weight[..., 0, 0],
        conv.depthwise.weight[:, 0],
    )
    x = torch.rand(2, 3, 4, 6)
    torch.testing.assert_close(
        conv(x), F.conv2d(x, kernel, conv.pointwise.bias, padding=1)
    )


def test_a_node():
    node = BiFPNNode(2, 4, NORM).eval()
    with torch.no_grad():
        node.fusion.weight.copy_(torch.tensor([3.0, 1.0]))
        node.norm.bias.fill_(0.5)
    x, y = torch.randn(2, 1, 4, 3, 5)
    expected = node.conv(F.silu((3 * x + y) / 4.0001)) + 0.5
    torch.testing.assert_close(node(x, y), expected)


def transparent(layer):
    """Leaves only the fusion and SiLU in a layer's nodes."""
    for node in (*layer.top_down, *layer.bottom_up):
        node.conv = torch.nn.Identity()
        torch.nn.init.uniform_(node.fusion.weight, 0.1, 2)
    return layer.eval()


def fuse(node, *maps):
    weights = node.fusion.weight
    total = sum(w * x for w, x in zip(weights, maps, strict=True))
    return F.silu(total / (weights.sum() + 1e-4))


def up(x):
    return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def down(x):
    """3x3 maximum at every second pixel, as TensorFlow pads even sides."""
    return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-torch.inf), 3, 2)


@torch.no_grad()
def test_a_layer_against_the_equations():
    torch.manual_seed(0)
    layer = transparent(BiFPNLayer(5, 3, NORM))
    p3, p4, p5, p6, p7 = maps = [
        torch.randn(2, 3, side, 2 * side) for side in (16, 8, 4, 2, 1)
    ]
    s4, s5, s6 = shortcuts = [torch.randn_like(x) for x in maps[1:-1]]

    to6, to5, to4, to3 = layer.top_down
    t6 = fuse(to6, p6, up(p7))
    t5 = fuse(to5, p5, up(t6))
    t4 = fuse(to4, p4, up(t5))
    o3 = fuse(to3, p3, up(t4))
    to4, to5, to6, to7 = layer.bottom_up
    o4 = fuse(to4, s4, t4, down(o3))
    o5 = fuse(to5, s5, t5, down(o4))
    o6 = fuse(to6, s6, t6, down(o5))
    o7 = fuse(to7, p7, down(o6))

    outs = layer(maps, shortcuts)
    for out, expected in zip(outs, (o3, o4, o5, o6, o7), strict=True):
        # BN in evaluation mode, with eps 0, is the identity.
        torch.testing.assert_close(out, expected)


def backbone_maps(height, width, channels=(5, 6, 7)):
    return [
        torch.rand(2, c, height // stride, width // stride)
        for c, stride in zip(channels, (8, 16, 32), strict=True)
    ]


@pytest.mark.parametrize('size', [(128, 128), (128, 256), (384, 128)])
@torch.no_grad()
def test_five_levels_of_any_multiple_of_128(size):
    height, width = size
    neck = MODELS.build(
        dict(type='BiFPN', in_channels=(5, 6, 7), out_channels=8, num_layers=2)
    )
    assert [tuple(level.shape) for level in neck(backbone_maps(*size))] == [
        (2, 8, height // stride, width // stride)
        for stride in (8, 16, 32, 64, 128)
    ]


def test_the_first_layer_starts_from_the_projections():
    neck = BiFPN((5, 6, 7), out_channels=4, num_layers=1).eval()
    c3, c4, c5 = maps = backbone_maps(128, 256)
    p3, p4, p5, six = (
        lateral(x)
        for lateral, x in zip(neck.laterals, (c3, c4, c5, c5), strict=True)
    )
    p6 = down(six)
    p7 = down(p6)
    s4, s5 = (f(x) for f, x in zip(neck.shortcuts, (c4, c5), strict=True))
    expected = neck.layers[0]([p3, p4, p5, p6, p7], [s4, s5, p6])
    for level, wanted in zip(neck(maps), expected, strict=True):
        torch.testing.assert_close(level, wanted)


def test_every_parameter_gets_a_gradient():
    neck = BiFPN((5, 6, 7), out_channels=4, num_layers=2)
    neck.init_weights()
    sum(
        (level * torch.randn_like(level)).sum()
        for level in neck(backbone_maps(256, 256))
    ).backward()
    assert [
        name
        for name, parameter in neck.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ] == []
