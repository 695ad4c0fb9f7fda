"""Published EfficientDet weights in mmdet's EfficientNet."""

import pytest
import torch
from mmengine.runner.checkpoint import load_state_dict
from mmyolo.registry import MODELS

from fer_yolo_mamba.models.baselines.efficientdet import mmdet_name

# EfficientNet-B0 (arXiv 1905.11946, Table 1), its stages as timm counts them:
# expansion, channels, kernel, blocks.
STAGES = [
    (1, 16, 3, 1),
    (6, 24, 3, 2),
    (6, 40, 5, 2),
    (6, 80, 3, 3),
    (6, 112, 5, 3),
    (6, 192, 5, 4),
    (6, 320, 3, 1),
]


def published_shapes():
    """Names and shapes in the published checkpoint's backbone."""

    def norm(name, channels):
        yield f'{name}.num_batches_tracked', ()
        for value in ('weight', 'bias', 'running_mean', 'running_var'):
            yield f'{name}.{value}', (channels,)

    yield 'conv_stem.weight', (32, 3, 3, 3)
    yield from norm('bn1', 32)
    before = 32
    for stage, (expansion, channels, kernel, blocks) in enumerate(STAGES):
        for block in range(blocks):
            at = f'blocks.{stage}.{block}'
            inner, squeezed = before * expansion, before // 4
            if expansion > 1:
                yield f'{at}.conv_pw.weight', (inner, before, 1, 1)
                yield from norm(f'{at}.bn1', inner)
                depthwise, last, last_norm = 'bn2', 'conv_pwl', 'bn3'
            else:
                depthwise, last, last_norm = 'bn1', 'conv_pw', 'bn2'
            yield f'{at}.conv_dw.weight', (inner, 1, kernel, kernel)
            yield from norm(f'{at}.{depthwise}', inner)
            yield f'{at}.se.conv_reduce.weight', (squeezed, inner, 1, 1)
            yield f'{at}.se.conv_reduce.bias', (squeezed,)
            yield f'{at}.se.conv_expand.weight', (inner, squeezed, 1, 1)
            yield f'{at}.se.conv_expand.bias', (inner,)
            yield f'{at}.{last}.weight', (channels, inner, 1, 1)
            yield from norm(f'{at}.{last_norm}', channels)
            before = channels


def build(**init_cfg):
    return MODELS.build(
        dict(type='TimmEfficientNet', out_indices=(3, 4, 5), **init_cfg)
    )


@pytest.mark.parametrize(
    ('timm', 'mmdet'),
    [
        ('conv_stem.weight', 'layers.0.conv.weight'),
        ('bn1.running_var', 'layers.0.bn.running_var'),
        ('blocks.0.0.conv_pw.weight', 'layers.1.0.linear_conv.conv.weight'),
        ('blocks.1.0.conv_pw.weight', 'layers.2.0.expand_conv.conv.weight'),
        ('blocks.4.2.bn2.bias', 'layers.4.5.depthwise_conv.bn.bias'),
        ('blocks.6.0.se.conv_expand.bias', 'layers.5.4.se.conv2.conv.bias'),
        ('layers.0.conv.weight', 'layers.0.conv.weight'),
        ('fc.weight', 'fc.weight'),
    ],
)
def test_names(timm, mmdet):
    assert mmdet_name(timm) == mmdet


def test_a_published_checkpoint_fills_the_whole_backbone(tmp_path):
    published = {
        f'backbone.{name}': torch.full(shape, float(number))
        for number, (name, shape) in enumerate(published_shapes())
    }
    path = tmp_path / 'published.pth'
    torch.save({**published, 'class_net.predict.bias': torch.ones(1)}, path)
    backbone = build(
        init_cfg=dict(
            type='Pretrained', prefix='backbone.', checkpoint=str(path)
        )
    )
    backbone.init_weights()

    loaded = backbone.state_dict()
    assert len(loaded) == len(published)
    for name, value in published.items():
        name = mmdet_name(name.removeprefix('backbone.'))
        torch.testing.assert_close(
            loaded[name], value, check_dtype=False, msg=name
        )


def test_the_same_checkpoint_fits_strictly_and_so_does_ones_own():
    published = {name: torch.ones(size) for name, size in published_shapes()}
    backbone = build()
    backbone.load_state_dict(published)
    assert all((p == 1).all() for p in backbone.parameters())
    backbone.load_state_dict(build().state_dict())
    load_state_dict(backbone, published, strict=True)
    assert 'conv_stem.weight' in published


def test_an_unknown_name_is_not_swallowed():
    state = {**build().state_dict(), 'conv_head.weight': torch.ones(1)}
    with pytest.raises(RuntimeError, match=r'conv_head\.weight'):
        build().load_state_dict(state)


@torch.no_grad()
def test_even_sides_are_padded_at_the_far_end_alone():
    """As TensorFlow, with which the weights were trained."""
    stem = build().layers[0].conv
    x = torch.rand(1, 3, 8, 12)
    padded = torch.nn.functional.pad(x, (0, 1, 0, 1))
    torch.testing.assert_close(
        stem(x), torch.nn.functional.conv2d(padded, stem.weight, stride=2)
    )
