"""EfficientDet-D0 as configs/baselines/efficientdet_d0_rafdb.py builds it."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes
from mmengine.structures import InstanceData
from mmyolo.registry import MODELS

from fer_yolo_mamba.datasets.drawn_faces import draw_scene
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.evaluation import FERMetric
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.studies.complexity import measure_complexity

# Height, width: what the network takes in these tests, all multiples of 128.
SIZE = 128, 128


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(scope='module')
def config(repository):
    """The config, without its download and padded to multiples of 128."""
    return load_config(
        repository / 'configs/baselines/efficientdet_d0_rafdb.py',
        {
            'model.backbone.init_cfg': None,
            'model.data_preprocessor.pad_size_divisor': 128,
        },
    )


@pytest.fixture(scope='module')
def built(config):
    torch.manual_seed(0)
    detector = MODELS.build(config.model)
    detector.init_weights()
    return detector


@pytest.fixture
def detector(built):
    """A fresh one for each test, as it begins to train."""
    return copy.deepcopy(built)


@pytest.fixture
def faces():
    """Two drawn pictures with their faces, as a data loader gives them."""
    images, samples = [], []
    for seed in (1, 4):
        rng = np.random.default_rng(seed)
        image, objects = draw_scene(rng, ('Happy',), SIZE[0])
        sample = DetDataSample(
            metainfo=dict(
                ori_shape=SIZE, img_shape=SIZE, scale_factor=(1.0, 1.0)
            )
        )
        sample.gt_instances = InstanceData(
            bboxes=HorizontalBoxes([face.bbox for face in objects]),
            labels=torch.tensor([EXPRESSIONS.index(f.name) for f in objects]),
        )
        images.append(torch.from_numpy(image).permute(2, 0, 1))
        samples.append(sample)
    return dict(inputs=images, data_samples=samples)


def test_parameters(built):
    assert parameters(built) == 3_829_208
    assert parameters(built.backbone) == 3_595_388
    assert parameters(built.neck) == 194_361
    assert parameters(built.bbox_head) == 39_459


def test_with_90_classes_it_has_as_many_parameters_as_published(config):
    """Those of the PyTorch port without biases before norms."""
    model = copy.deepcopy(config.model)
    model.bbox_head.num_classes = 90
    assert parameters(MODELS.build(model)) == 3_877_763


def test_thop_counts_what_the_paper_prints(config):
    """Table I's EfficientNet: 3.83 M and 4.78 G at 512x512."""
    pytest.importorskip('thop')
    complexity = measure_complexity(config, (512, 512))
    assert f'{complexity.thop_parameters / 1e6:.2f}' == '3.83'
    assert complexity.thop_flops / 1e9 == pytest.approx(4.78, rel=0.02)


@pytest.mark.parametrize('size', [(128, 128), (128, 256), (384, 128)])
@torch.no_grad()
def test_predictions_at_nine_anchors_of_five_levels(built, size):
    height, width = size
    logits, deltas = built(torch.zeros(2, 3, *size), None)
    for level, stride in enumerate((8, 16, 32, 64, 128)):
        cells = height // stride, width // stride
        assert logits[level].shape == (2, 9 * 7, *cells)
        assert deltas[level].shape == (2, 9 * 4, *cells)


@torch.no_grad()
def test_levels_share_convolutions_but_not_norms(detector):
    head = detector.bbox_head.eval()
    maps = [torch.rand(1, 64, 3, 4)] * 5

    def same_levels(net):
        first, *others = net(maps)
        return [torch.equal(first, other) for other in others]

    for net in (head.class_net, head.box_net):
        assert same_levels(net) == [True] * 4
        net.convs[0].depthwise.weight.mul_(2)
        assert same_levels(net) == [True] * 4
        net.norms[3][1].bias.add_(1)
        assert same_levels(net) == [True, True, False, True]


def test_a_step_of_training_moves_the_statistics_of_each_level(detector):
    head = detector.bbox_head.train()
    head([torch.full((2, 64, 2, 2), float(level)) for level in range(5)])
    means = [norms[0].running_mean for norms in head.class_net.norms]
    for level in range(1, 5):
        torch.testing.assert_close(means[level], level * means[1])
    assert means[1].abs().min() > 0


@torch.no_grad()
def test_every_anchor_begins_with_a_score_of_one_percent(built):
    bias = built.bbox_head.class_net.predict.pointwise.bias
    torch.testing.assert_close(bias.sigmoid(), torch.full((9 * 7,), 0.01))


def test_anchors(built):
    """Section 5: three scales an octave, shapes 1:2, 1:1, 2:1."""
    finest = built.bbox_head.prior_generator.base_anchors[0]
    left, top, right, bottom = finest.T
    torch.testing.assert_close((left + right) / 2, torch.full((9,), 4.0))
    torch.testing.assert_close((top + bottom) / 2, torch.full((9,), 4.0))
    width, height = right - left, bottom - top
    assert sorted(((width * height).sqrt() / 32).log2().mul(3).tolist()) == (
        pytest.approx([0, 0, 0, 1, 1, 1, 2, 2, 2], abs=1e-4)
    )
    assert set((height / width).round(decimals=4).tolist()) == {0.5, 1, 2}


def test_the_box_loss_is_hubers(built):
    generator = torch.Generator().manual_seed(0)
    deltas, targets = torch.randn(2, 6, 4, generator=generator) / 5
    huber = F.huber_loss(deltas, targets, delta=0.1)
    torch.testing.assert_close(
        built.bbox_head.loss_bbox(
            deltas, targets, torch.ones(6, 4), avg_factor=6
        ),
        50 * huber,
    )


def test_the_class_loss_is_focal(built):
    logits = torch.linspace(-2, 2, 7)[None]
    p, happy = logits.sigmoid(), F.one_hot(torch.tensor([3]), 7)
    right = torch.where(happy == 1, p, 1 - p)
    alpha = torch.where(happy == 1, 0.25, 0.75)
    expected = (-alpha * (1 - right) ** 1.5 * right.log()).sum()
    torch.testing.assert_close(
        built.bbox_head.loss_cls(logits, torch.tensor([3]), avg_factor=1),
        expected,
    )


def test_the_loss_falls(detector, faces):
    torch.manual_seed(0)  # of stochastic depth
    detector.train()
    parameters = list(detector.parameters())
    losses = []
    for _ in range(8):
        batch = detector.data_preprocessor(copy.deepcopy(faces), training=True)
        parts = detector(**batch, mode='loss')
        assert parts.keys() == {'loss_cls', 'loss_bbox'}
        loss = sum(sum(levels) for levels in parts.values())
        gradients = torch.autograd.grad(loss, parameters)
        assert all(gradient.isfinite().all() for gradient in gradients)
        norm = sum(g.square().sum() for g in gradients).sqrt()
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient / norm)
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


@torch.no_grad()
def test_predictions_suit_the_metric(detector, faces):
    detector.eval()
    detector.test_cfg.score_thr = 0.0
    detector.bbox_head.test_cfg.score_thr = 0.0
    samples = detector.test_step(faces)
    metric = FERMetric()
    metric.dataset_meta = dict(classes=EXPRESSIONS)
    metric.process({}, [sample.to_dict() for sample in samples])
    figures = metric.evaluate(size=2)
    assert 0 <= figures['fer/AP/Happy'] <= 1
    for sample in samples:
        boxes = sample.pred_instances.bboxes
        assert 100 < len(boxes) <= 300
        assert boxes.min() >= 0 and boxes.max() <= SIZE[0]
