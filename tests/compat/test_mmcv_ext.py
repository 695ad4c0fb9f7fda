"""The operators that stand in for mmcv's compiled ones."""

import importlib.util

import numpy as np
import pytest
import torch
from mmcv.ops import batched_nms, sigmoid_focal_loss, soft_nms
from mmdet.models.losses.focal_loss import py_sigmoid_focal_loss

from fer_yolo_mamba.compat.mmcv_ext import nms

BOXES = torch.tensor(
    [
        [0.0, 0.0, 10.0, 10.0],
        [1.0, 0.0, 11.0, 10.0],
        [20.0, 20.0, 30.0, 40.0],
        [0.0, 0.0, 10.0, 10.0],
    ]
)


@pytest.mark.parametrize(
    ('scores', 'iou_threshold', 'kept'),
    [
        ([0.9, 0.8, 0.7, 0.6], 0.5, [0, 2]),
        ([0.8, 0.9, 0.7, 0.6], 0.5, [1, 2]),
        # 9 / 11 overlap is not more than 0.9.
        ([0.9, 0.8, 0.7, 0.6], 0.9, [0, 1, 2]),
        # The first of equals wins, and scores need not be probabilities.
        ([-1.0, -2.0, -3.0, -1.0], 0.5, [0, 2]),
    ],
)
def test_nms(scores, iou_threshold, kept):
    found = nms(BOXES, torch.tensor(scores), iou_threshold)
    assert found.dtype == torch.int64
    assert found.tolist() == kept


def test_nms_of_nothing():
    assert nms(torch.empty(0, 4), torch.empty(0), 0.5).shape == (0,)


def brute_force_nms(boxes, scores, iou_threshold, offset):
    order = np.argsort(-scores, kind='stable').tolist()
    kept = []
    while order:
        best = order.pop(0)
        kept.append(best)
        survivors = []
        for other in order:
            a, b = boxes[best], boxes[other]
            sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]) + offset
            shared = sides.clip(0).prod()
            areas = [(box[2:] - box[:2] + offset).prod() for box in (a, b)]
            if shared / (sum(areas) - shared) <= iou_threshold:
                survivors.append(other)
        order = survivors
    return kept


@pytest.mark.parametrize('offset', [0, 1])
def test_nms_against_plain_loops(offset):
    random = np.random.default_rng(0)
    corners = random.uniform(0, 50, (200, 2))
    boxes = np.hstack([corners, corners + random.uniform(1, 40, (200, 2))])
    scores = random.random(200)
    found = nms(torch.tensor(boxes), torch.tensor(scores), 0.4, offset)
    assert found.tolist() == brute_force_nms(boxes, scores, 0.4, offset)


def test_mmcv_reaches_nms_through_its_own_functions():
    labels = torch.tensor([0, 1, 0, 0])
    scores = torch.tensor([0.9, 0.8, 0.7, 0.6])
    detections, kept = batched_nms(
        BOXES, scores, labels, dict(type='nms', iou_threshold=0.5)
    )
    assert kept.tolist() == [0, 1, 2]  # the second is of another class
    assert detections.shape == (3, 5)


@pytest.mark.parametrize('weight', [None, torch.tensor([1.0, 2.0, 0.5])])
def test_focal_loss_is_mmdets_plain_one(weight):
    torch.manual_seed(0)
    logits = torch.randn(7, 3, dtype=torch.float64, requires_grad=True)
    target = torch.tensor([0, 1, 2, 3, 3, 1, 0])  # 3 is background
    rows = (
        torch.ones(7)
        if weight is None
        else torch.cat([weight, torch.ones(1)])[target]
    )
    one_hot = torch.nn.functional.one_hot(target, 4)[:, :3]
    expected = (
        py_sigmoid_focal_loss(logits, one_hot, reduction='none') * rows[:, None]
    ).sum()
    found = sigmoid_focal_loss(
        logits,
        target,
        2.0,
        0.25,
        None if weight is None else weight.double(),
        'sum',
    )
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(found, logits),
        torch.autograd.grad(expected, logits),
    )


def test_an_operator_that_is_not_there_says_so():
    with pytest.raises(NotImplementedError, match=r'softnms.*full mmcv'):
        soft_nms(BOXES, torch.rand(4))


def test_the_module_has_a_spec():
    # A module without one is a ValueError for whoever looks for it.
    assert importlib.util.find_spec('mmcv._ext').name == 'mmcv._ext'
