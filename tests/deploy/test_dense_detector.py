"""Every box and score of a detector, those that it predicts among them."""

import pytest
import torch
import torch.nn as nn
from mmdet.structures import DetDataSample
from sharp_detectors import BASELINES, SIDES, build_sharp

from fer_yolo_mamba.deploy.dense_detector import DenseDetector
from fer_yolo_mamba.errors import InputError


def predict(detector, image):
    """What the detector itself finds, not rescaled."""
    sides = tuple(image.shape[2:])
    meta = dict(img_shape=sides, ori_shape=sides, batch_input_shape=sides)
    meta.update(scale_factor=(1.0, 1.0), pad_param=(0, 0, 0, 0))
    (sample,) = detector.predict(image, [DetDataSample(metainfo=meta)])
    return sample.pred_instances


def require_all_in(found, boxes, scores, image):
    """Each detection found is one of the boxes, cut at the image's border."""
    assert len(found)
    height, width = image.shape[2:]
    border = torch.tensor([width, height, width, height])
    boxes, found_boxes = (
        x.clamp(min=0).minimum(border) for x in (boxes[0], found.bboxes)
    )
    of_label = scores[0][:, found.labels].T  # (found, A)
    box_error = (found_boxes[:, None] - boxes).abs().amax(-1)
    score_error = (found.scores[:, None] - of_label).abs()
    matches = (box_error < 1e-2) & (score_error < 1e-5)
    assert matches.any(1).all()


@pytest.mark.parametrize('method', BASELINES)
@torch.no_grad()
def test_baseline_predicts_what_is_there(repository, method):
    config = repository / f'configs/baselines/{method}_rafdb.py'
    detector = build_sharp(config)
    side = SIDES.get(method, 64)
    image = torch.randn(1, 3, side, side)
    boxes, scores = DenseDetector(detector)(image)
    assert boxes.shape == (1, scores.shape[1], 4)
    assert scores.shape[2] == 7
    assert scores.min() >= 0 and scores.max() <= 1
    require_all_in(predict(detector, image), boxes, scores, image)


@torch.no_grad()
def test_ours_predicts_what_is_there(build_narrow):
    detector = build_narrow()
    image = torch.randn(1, 3, 64, 96)
    boxes, scores = DenseDetector(detector)(image)
    assert boxes.shape == (1, 8 * 12 + 4 * 6 + 2 * 3, 4)
    require_all_in(predict(detector, image), boxes, scores, image)


def test_refuses_another_head():
    detector = nn.Module()
    detector.bbox_head = nn.Linear(1, 1)
    with pytest.raises(InputError, match='a Linear cannot be exported'):
        DenseDetector(detector)
