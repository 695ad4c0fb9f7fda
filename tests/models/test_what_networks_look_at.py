"""Scores, Grad-CAM and EigenCAM against what they are defined by."""

import numpy as np
import pytest
import torch
import torch.nn as nn
from mmdet.structures import DetDataSample
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.models.heatmaps import (
    eigen_cam,
    grad_cam,
    over_input,
    score_maps,
)

# Channels of the maps that each head reads.
CHANNELS = {
    'fer_yolo_mamba': [64] * 3,
    'baselines/centernet': [64],
    'baselines/efficientdet_d0': [64] * 5,
    'baselines/retinanet': [256] * 5,
    'baselines/ssd': [512, 1024, 512, 256, 256, 256],
    'baselines/yolov3': [512, 256, 128],
    'baselines/yolov4': [128, 256, 512],
    'baselines/yolov5_s': [64, 128, 256],
    'baselines/yolov7': [256, 512, 1024],
    'baselines/yolov8_s': [64, 128, 256],
    'baselines/yolox_s': [64] * 3,
}


@pytest.mark.parametrize('name', CHANNELS)
@torch.no_grad()
def test_the_scores_are_those_of_the_detections(name, repository):
    config = load_config(repository / f'configs/{name}_demo.py').model
    config.test_cfg.update(score_thr=0.0, nms_pre=50)
    config.bbox_head.update(
        _scope_=config.get('_scope_', 'mmyolo'), test_cfg=config.test_cfg
    )
    torch.manual_seed(0)
    head = MODELS.build(config.bbox_head).eval()
    maps = [torch.randn(1, channels, 7, 8) for channels in CHANNELS[name]]
    scores = score_maps(head, maps)
    for level in scores:
        assert level.shape[2:] == (7, 7, 8)
    # Large enough for the cells of every level.
    shape = 4096, 4096
    meta = dict(img_shape=shape, ori_shape=shape, batch_input_shape=shape)
    meta['scale_factor'] = 1.0, 1.0
    (found,) = head.predict(maps, [DetDataSample(metainfo=meta)])
    assert len(found)
    for label in found.labels.unique():
        known = torch.cat([level[:, :, label].flatten() for level in scores])
        given = found.scores[found.labels == label]
        # CenterNet gives zero to what is no peak of its map.
        given = given[given > 0]
        difference = (given[:, None] - known).abs().amin(1)
        assert difference.max() < 1e-6


@pytest.fixture
def levels():
    torch.manual_seed(0)
    return [
        torch.randn(1, 3, 5, 4, dtype=torch.float64, requires_grad=True),
        torch.randn(1, 3, 3, 2, dtype=torch.float64, requires_grad=True),
    ]


def test_grad_cam_is_that_of_finite_differences(levels):
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.SiLU(), nn.Conv2d(2, 1, 2))
    network.double()

    def score(level):
        return network(level).sigmoid().max()

    cam, unused = grad_cam(levels, score(levels[0]))
    expected = torch.zeros(5, 4, dtype=torch.float64)
    for channel in range(3):
        step = torch.zeros_like(levels[0])
        step[:, channel] = 1e-5
        change = score(levels[0] + step) - score(levels[0] - step)
        # All pixels at once: the change is the sum of their gradients.
        weight = change / 2e-5 / (5 * 4)
        expected += weight * levels[0][0, channel]
    assert expected.min() < 0 < expected.max()
    torch.testing.assert_close(
        cam, expected.relu().detach(), rtol=1e-6, atol=1e-9
    )
    assert unused.shape == (3, 2)
    assert not unused.any()


def test_eigen_cam_is_numpys_first_component(levels):
    for level, cam in zip(levels, eigen_cam(levels), strict=True):
        pixels = level[0].detach().flatten(1).T.numpy()
        pixels = pixels - pixels.mean(0)
        component = np.linalg.svd(pixels)[2][0]
        projection = (pixels @ component).reshape(level.shape[2:])
        projection *= np.sign(projection.max() + projection.min())
        np.testing.assert_allclose(
            cam, projection.clip(0) / projection.max(), atol=1e-12
        )


def test_the_sign_of_a_component_is_where_it_reaches_further():
    level = torch.zeros(1, 2, 3, 3)
    level[0, :, 1, 2] = torch.tensor([-5.0, 4.0])
    (cam,) = eigen_cam([level])
    assert cam[1, 2] == 1
    assert cam.count_nonzero() == 1


def test_a_flat_map_has_no_component():
    (cam,) = eigen_cam([torch.ones(1, 2, 3, 3)])
    assert not cam.any()


def test_levels_cover_the_input():
    levels = torch.eye(2), torch.ones(1, 1)
    maps = over_input(levels, (4, 6), 'nearest')
    assert maps.shape == (2, 4, 6)
    assert maps[0, :2, :3].all()
    assert not maps[0, 2:, :3].any()
    assert maps[1].all()
