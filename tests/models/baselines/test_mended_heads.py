"""Heads of mmdet that work with the pipelines of all detectors."""

import pytest
import torch
from mmdet.models import CenterNetHead
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.config import load_config

META = dict(
    batch_input_shape=(64, 64), img_shape=(64, 64), scale_factor=(0.5, 0.5)
)


@pytest.fixture
def centernet(repository):
    config = load_config(
        repository / 'configs/baselines/centernet_rafdb.py',
        {'model.backbone.init_cfg': None},
    )
    torch.manual_seed(0)
    return MODELS.build(config.model).eval()


@pytest.mark.parametrize(
    'layout', [torch.contiguous_format, torch.channels_last]
)
@torch.no_grad()
def test_centernet_predicts_without_a_border(centernet, layout):
    centernet = centernet.to(memory_format=layout)
    image = torch.rand(1, 3, 64, 64).to(memory_format=layout)
    head = centernet.bbox_head
    outputs = head(centernet.extract_feat(image))
    (found,) = head.predict_by_feat(*outputs, [META], rescale=True)
    (expected,) = CenterNetHead.predict_by_feat(
        head,
        *([level.contiguous() for level in levels] for levels in outputs),
        [dict(META, border=(0, 64, 0, 64))],
        rescale=True,
    )
    assert len(found) == 300
    torch.testing.assert_close(found.bboxes, expected.bboxes)
    torch.testing.assert_close(found.scores, expected.scores)
    assert found.bboxes.max() > 64  # in pixels of the original picture


def test_ssd_predicts(repository):
    config = load_config(
        repository / 'configs/baselines/ssd_rafdb.py',
        {'model.backbone.init_cfg': None},
    )
    head = MODELS.build(config.model).eval().bbox_head
    sides = 38, 19, 10, 5, 3, 1
    maps = [
        torch.rand(1, channels, side, side)
        for channels, side in zip(head.in_channels, sides, strict=True)
    ]
    meta = dict(META, batch_input_shape=(300, 300), img_shape=(300, 300))
    with torch.no_grad():
        (found,) = head.predict_by_feat(*head(maps), batch_img_metas=[meta])
    assert len(found) == 300
    assert set(found.labels.tolist()) <= set(range(7))
