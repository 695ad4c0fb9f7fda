"""The whole of YOLOv4: layers, shapes, config and training."""

import numpy as np
import pytest
import torch
from mmengine.runner import Runner
from mmyolo.registry import DATASETS, MODELS
from yolov4_cases import build_tiny_yolov4, build_yolov4

from fer_yolo_mamba.datasets.drawn_faces import draw_scene, make_demo_set
from fer_yolo_mamba.engine.config import load_config


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture
def config(repository):
    return load_config(repository / 'configs/baselines/yolov4_rafdb.py')


def test_parameters_are_those_of_the_published_network():
    """64 M; the table of layers of yolov4.cfg gives each digit."""
    with torch.device('meta'):
        detector = build_yolov4(num_classes=80)
    assert parameters(detector) == 64_363_101
    assert parameters(detector.backbone) == 26_617_184
    # A plain 1x1 convolution predicts 4 + 1 + 80 numbers for 3 anchors.
    predictions = detector.bbox_head.head_module.convs_pred
    assert parameters(predictions) == (256 + 512 + 1024 + 3) * 3 * 85


def test_config_differs_by_the_classes_alone(config):
    with torch.device('meta'):
        ours, published = MODELS.build(config.model), build_yolov4(80)
    fewer = (256 + 512 + 1024 + 3) * 3 * (80 - 7)
    assert parameters(ours) == parameters(published) - fewer


@pytest.mark.parametrize('size', [(32, 32), (64, 96), (160, 32)])
@torch.no_grad()
def test_any_multiple_of_32_is_a_size(size):
    height, width = size
    detector = build_tiny_yolov4().eval()
    maps = detector.backbone(torch.rand(2, 3, height, width))
    assert [level.shape[1] for level in maps] == [16, 32, 64]
    maps = detector.neck(maps)
    assert [level.shape[1] for level in maps] == [8, 16, 32]
    outputs = detector.bbox_head(maps)
    for levels, channels in zip(outputs, (3 * 7, 3 * 4, 3), strict=True):
        assert [tuple(level.shape) for level in levels] == [
            (2, channels, height // stride, width // stride)
            for stride in (8, 16, 32)
        ]


@pytest.mark.parametrize(('stages', 'frozen'), [(-1, 0), (1, 2), (5, 6)])
def test_stages_can_be_frozen(stages, frozen):
    backbone = MODELS.build(
        dict(
            type='YOLOv4CSPDarknet',
            deepen_factor=0.25,
            widen_factor=1 / 16,
            frozen_stages=stages,
        )
    )
    backbone.train()
    fixed = [
        name
        for name, layer in backbone.named_children()
        if not any(weight.requires_grad for weight in layer.parameters())
    ]
    assert len(fixed) == frozen


@pytest.fixture(scope='module')
def two_faces():
    """Two drawn faces: pictures (2, 3, 64, 64) in 0..1 and their labels."""
    rng = np.random.default_rng(0)
    images, faces = [], []
    while len(images) < 2:
        image, labels = draw_scene(rng, ('Happy',), 64)
        if labels:
            # Image, class, box.
            faces.append([len(images), 3 + len(images), *labels[0].bbox])
            images.append(torch.from_numpy(image).permute(2, 0, 1) / 255)
    return torch.stack(images), torch.tensor(faces)


def test_loss_falls_on_two_faces(two_faces):
    images, faces = two_faces
    torch.manual_seed(0)
    detector = build_tiny_yolov4().train()
    detector.bbox_head.head_module.init_weights()
    optimizer = torch.optim.Adam(detector.parameters(), lr=0.003)
    samples = dict(bboxes_labels=faces, img_metas=[{}, {}])
    history = []
    for _ in range(24):
        losses = detector.loss(images, samples)
        assert set(losses) == {'loss_cls', 'loss_obj', 'loss_bbox'}
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        history.append({name: losses[name].item() for name in losses})
    for name, first in history[0].items():
        assert history[-1][name] < 0.8 * first, name


def test_every_parameter_learns(two_faces):
    images, faces = two_faces
    torch.manual_seed(0)
    detector = build_tiny_yolov4().train()
    samples = dict(bboxes_labels=faces, img_metas=[{}, {}])
    sum(detector.loss(images, samples).values()).backward()
    without = [
        name
        for name, parameter in detector.named_parameters()
        if parameter.grad is None or not parameter.grad.isfinite().all()
    ]
    assert without == []


def test_training_pipelines_feed_the_detector(config, tmp_path):
    """With mosaic, and as in the last epochs without it."""
    make_demo_set(tmp_path, dict(train=4, val=0, test=0), size=96)
    detector = build_tiny_yolov4().train()
    preprocessor = MODELS.build(config.model.data_preprocessor)
    last_epochs = config.custom_hooks[0].new_train_pipeline
    loader = config.train_dataloader
    assert any(step.type == 'FittedMosaic' for step in loader.dataset.pipeline)
    assert all(step.type != 'FittedMosaic' for step in last_epochs)
    for pipeline in (loader.dataset.pipeline, last_epochs):
        dataset = dict(loader.dataset, data_root=tmp_path, pipeline=pipeline)
        batches = Runner.build_dataloader(
            dict(
                dataset=DATASETS.build(dataset),
                batch_size=2,
                sampler=dict(type='DefaultSampler', shuffle=False),
                collate_fn=dict(type='yolov5_collate'),
            )
        )
        batch = preprocessor(next(iter(batches)), training=True)
        assert batch['inputs'].shape == (2, 3, 320, 320)
        assert 0 <= batch['inputs'].min() < batch['inputs'].max() <= 1
        losses = detector.loss(batch['inputs'], batch['data_samples'])
        assert all(loss.isfinite() for loss in losses.values())
