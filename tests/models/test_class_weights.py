"""Class weights in the classification loss of YOLOX, by config alone."""

import pytest
import torch
import torch.nn.functional as F
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.config import load_config

WEIGHTS = [1.5, 2.0, 3.0, 0.5, 0.75, 1.25, 1.0]


@pytest.fixture
def build_head(repository):
    """The demo's head, with weights as a config of one's own would set it."""

    def build(weighted):
        options = {'model.bbox_head.loss_cls.class_weight': WEIGHTS}
        model = load_config(
            repository / 'configs/fer_yolo_mamba_demo.py',
            options if weighted else {},
        ).model
        torch.manual_seed(0)
        head = MODELS.build(dict(model.bbox_head, train_cfg=model.train_cfg))
        head.init_weights()
        return head.train()

    return build


def test_weights_multiply_what_speaks_for_a_class(build_head):
    """YOLOX's target is the face's class times the IoU of its box."""
    loss = build_head(weighted=True).loss_cls
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    overlap = torch.linspace(0.5, 1.0, 5).unsqueeze(1)
    target = F.one_hot(torch.tensor([0, 2, 2, 3, 6]), 7) * overlap
    speaks_for = target * F.logsigmoid(logits) * torch.tensor(WEIGHTS)
    speaks_against = (1 - target) * F.logsigmoid(-logits)
    torch.testing.assert_close(
        loss(logits, target), -(speaks_for + speaks_against).sum()
    )


def test_they_change_the_classification_loss_of_the_head_alone(build_head):
    losses = []
    for weighted in (False, True):
        head = build_head(weighted)
        channels = head.head_module.in_channels
        maps = tuple(torch.randn(1, channels, s, s) for s in (8, 4, 2))
        # Image, class, box: one fearful face.
        face = torch.tensor([[0.0, 2.0, 8.0, 8.0, 56.0, 56.0]])
        meta = dict(batch_input_shape=(64, 64), img_shape=(64, 64))
        losses.append(head.loss_by_feat(*head(maps), face, [meta]))
    plain, weighted = losses
    assert weighted['loss_cls'] > 1.5 * plain['loss_cls'] > 0
    for name in ('loss_bbox', 'loss_obj'):
        torch.testing.assert_close(weighted[name], plain[name])


def test_the_paper_has_none(build_head):
    assert build_head(weighted=False).loss_cls.class_weight is None
