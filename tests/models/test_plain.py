"""The network without OpenMMLab's libraries is the network with them."""

import copy

import pytest
import torch
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.models.build_plain import build_plain


@pytest.fixture(scope='module')
def model(narrow_config):
    return load_config(narrow_config).model


@pytest.fixture(scope='module')
def detector(model):
    torch.manual_seed(0)
    detector = MODELS.build(model).eval()
    for module in detector.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return detector


@pytest.mark.parametrize('size', [(64, 64), (96, 160)])
@torch.no_grad()
def test_it_says_the_same(size, model, detector):
    pixels = torch.rand(2, 3, *size)
    boxes, scores = build_plain(model, detector.state_dict())(pixels)
    classes, offsets, objectness = detector.bbox_head(
        detector.extract_feat(pixels)
    )
    torch.testing.assert_close(
        scores,
        torch.cat(
            [
                (of_class.sigmoid() * of_face.sigmoid()).flatten(2).mT
                for of_class, of_face in zip(classes, objectness, strict=True)
            ],
            1,
        ),
        rtol=1e-4,
        atol=1e-5,
    )
    head = detector.bbox_head
    priors = head.prior_generator.grid_priors(
        [level.shape[2:] for level in classes], device='cpu', with_stride=True
    )
    expected = [
        head.bbox_coder.decode(
            of_level[:, :2], offset.flatten(2).mT, of_level[:, 2]
        )
        for of_level, offset in zip(priors, offsets, strict=True)
    ]
    torch.testing.assert_close(
        boxes, torch.cat(expected, 1), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize(
    ('part', 'changed'),
    [
        ('neck', dict(type='YOLOXPAFPN')),
        ('neck', dict(vss_cfg=dict(frm=False))),
        ('neck', dict(widen_factor=0.25)),
        ('backbone', dict(type='YOLOv8CSPDarknet')),
        ('backbone', dict(act_cfg=dict(type='ReLU'))),
    ],
)
def test_another_network_is_not_built_here(part, changed, model, detector):
    other = copy.deepcopy(model)
    other[part].update(changed)
    assert build_plain(other, detector.state_dict()) is None


def test_weights_of_another_network(model, detector):
    weights = detector.state_dict()
    weights.pop('neck.bottom_up_layers.0.fuse.bias')
    assert build_plain(model, weights) is None
    weights = detector.state_dict()
    weights['neck.other'] = torch.zeros(1)
    assert build_plain(model, weights) is None
