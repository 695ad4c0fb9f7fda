"""The whole network of configs/fer_yolo_mamba_rafdb.py."""

import copy

import pytest
import torch
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.config import load_config


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(scope='module')
def detector(repository):
    config = load_config(repository / 'configs/fer_yolo_mamba_rafdb.py')
    return MODELS.build(config.model).eval()


def test_parameters(detector):
    assert parameters(detector) == 9_617_156
    assert parameters(detector.backbone) == 4_212_672
    assert parameters(detector.neck) == 3_627_296
    assert parameters(detector.bbox_head) == 1_777_188


def test_thop_counts_what_the_paper_prints(detector):
    thop = pytest.importorskip('thop')
    picture = torch.zeros(1, 3, 320, 320)
    # thop leaves its counters in the modules it has counted.
    macs, params = thop.profile(
        copy.deepcopy(detector), (picture,), verbose=False
    )
    assert f'{params / 1e6:.2f}' == '8.68'
    assert f'{2 * macs / 1e9:.2f}' == '6.89'


@pytest.mark.parametrize('size', [(32, 32), (64, 96), (160, 32)])
@torch.no_grad()
def test_any_multiple_of_32_is_a_size(detector, size):
    height, width = size
    maps = detector.neck(detector.backbone(torch.rand(2, 3, height, width)))
    assert [tuple(level.shape) for level in maps] == [
        (2, 128, height // stride, width // stride) for stride in (8, 16, 32)
    ]


def test_yolox_s_is_the_base(repository):
    config = load_config(repository / 'configs/baselines/yolox_s_rafdb.py')
    assert parameters(MODELS.build(config.model)) == 8_940_004


def test_the_neck_alone_differs_from_yolox(repository):
    ours = load_config(repository / 'configs/fer_yolo_mamba_rafdb.py').model
    base = load_config(repository / 'configs/baselines/yolox_s_rafdb.py').model
    assert ours.pop('neck') != base.pop('neck')
    assert ours == base
