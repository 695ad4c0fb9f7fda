"""Darknet's file of YOLOv4, beside a plain network that writes such files."""

import math
from functools import partial
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.runner.checkpoint import CheckpointLoader
from yolov4_cases import build_yolov4

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.models.baselines.yolov4_weights import (
    darknet_state_dict,
)

# The size of the file that the authors published.
PUBLISHED_BYTES = 257_717_640
NUM_CLASSES = 2

leaky_relu = partial(F.leaky_relu, negative_slope=0.1)


class PlainDarknet:
    """Convolves with random weights and writes them as darknet does."""

    def __init__(self):
        self.generator = torch.Generator().manual_seed(0)
        self.numbers = []

    def between(self, low, high, *shape):
        share = torch.rand(shape, generator=self.generator)
        return self.write(low + (high - low) * share)

    def write(self, values):
        self.numbers.append(values.flatten())
        return values

    def conv(self, x, filters, size=1, stride=1, activation=F.mish):
        beta = self.between(-0.5, 0.5, filters)
        if activation:
            gamma = self.between(0.5, 1.5, filters)
            mean = self.between(-0.5, 0.5, filters)
            variance = self.between(0.5, 1.5, filters)
        shape = (filters, x.shape[1], size, size)
        bound = math.sqrt(3 / math.prod(shape[1:]))
        weight = self.between(-bound, bound, *shape)
        if not activation:
            return F.conv2d(x, weight, beta, stride, size // 2)
        x = F.conv2d(x, weight, None, stride, size // 2)
        return activation(F.batch_norm(x, mean, variance, gamma, beta))

    def save(self, path):
        version = np.array([0, 2, 5], '<i4').tobytes()
        seen = np.array([32_032_000], '<i8').tobytes()
        numbers = torch.cat(self.numbers).numpy().astype('<f4').tobytes()
        path.write_bytes(version + seen + numbers)


def width(channels):
    """A sixteenth, in multiples of eight."""
    return math.ceil(channels / 16 / 8) * 8


def plain_yolov4(net, image):
    """Layer after layer as yolov4.cfg lists them; three maps of predictions."""
    leaky = partial(net.conv, activation=leaky_relu)

    def chain(x, channels, number):
        for index in range(number):
            x = leaky(x, channels * (index % 2 + 1), size=index % 2 * 2 + 1)
        return x

    def predict(x):
        x = leaky(x, 2 * x.shape[1], size=3)
        return net.conv(x, 3 * (5 + NUM_CLASSES), activation=None)

    def up(x):
        return F.interpolate(x, scale_factor=2)

    def join(*maps):
        return torch.cat(maps, dim=1)

    x = net.conv(image, width(32), size=3)
    stages = []
    for channels, blocks in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        whole, half = width(channels), width(channels) // 2
        branch = whole if channels == 64 else half
        x = net.conv(x, whole, size=3, stride=2)
        aside = net.conv(x, branch)
        x = net.conv(x, branch)
        for _ in range(blocks):
            x = x + net.conv(net.conv(x, half), branch, size=3)
        x = net.conv(join(net.conv(x, branch), aside), whole)
        stages.append(x)
    c3, c4, c5 = stages[2:]

    x = chain(c5, width(512), 3)
    pools = [F.max_pool2d(x, side, 1, side // 2) for side in (13, 9, 5)]
    n5 = chain(join(*pools, x), width(512), 3)
    x = up(leaky(n5, width(256)))
    n4 = chain(join(leaky(c4, width(256)), x), width(256), 5)
    x = up(leaky(n4, width(128)))
    p3 = chain(join(leaky(c3, width(128)), x), width(128), 5)
    fine = predict(p3)
    x = leaky(p3, width(256), size=3, stride=2)
    p4 = chain(join(x, n4), width(256), 5)
    middle = predict(p4)
    x = leaky(p4, width(512), size=3, stride=2)
    coarse = predict(chain(join(x, n5), width(512), 5))
    return fine, middle, coarse


@torch.no_grad()
def test_the_network_with_a_file_is_the_one_that_wrote_it(tmp_path):
    image = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    net = PlainDarknet()
    expected = plain_yolov4(net, image)
    net.save(tmp_path / 'tiny.weights')
    whole = (tmp_path / 'tiny.weights').read_bytes()

    detector = build_yolov4(NUM_CLASSES, widen_factor=1 / 16).eval()
    state = darknet_state_dict(tmp_path / 'tiny.weights', detector)
    missing, unexpected = detector.load_state_dict(state, strict=False)
    assert unexpected == []
    assert all(name.endswith('num_batches_tracked') for name in missing)

    outputs = detector.bbox_head(detector.extract_feat(image))
    for plain, cls, box, objectness in zip(expected, *outputs, strict=True):
        parts = plain.unflatten(1, (3, -1)).split((4, 1, NUM_CLASSES), dim=2)
        for ours, theirs in zip((box, objectness, cls), parts, strict=True):
            assert ours.std() > 0.01
            torch.testing.assert_close(ours, theirs.flatten(1, 2))

    spoilt = whole[:-4] + np.float32('inf').tobytes()
    (tmp_path / 'tiny.weights').write_bytes(spoilt)
    with pytest.raises(InputError, match='not finite'):
        darknet_state_dict(tmp_path / 'tiny.weights', detector)


def test_a_config_can_name_the_published_file(tmp_path):
    """A file of that length, all zeros, stands in for it."""
    path = tmp_path / 'yolov4.weights'
    path.touch()
    with path.open('r+b') as file:
        file.truncate(PUBLISHED_BYTES)
    state = CheckpointLoader.load_checkpoint(f'darknet:{path}')['state_dict']
    with torch.device('meta'):
        wanted = build_yolov4(num_classes=80).state_dict()
    assert {name: value.shape for name, value in state.items()} == {
        name: value.shape
        for name, value in wanted.items()
        if not name.endswith('num_batches_tracked')
    }


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (-4, r'has 257,717,636 bytes and not the 257,717,640'),
        (None, r'does not exist: name the file yolov4.weights'),
    ],
)
def test_another_file_is_refused(tmp_path, change, message):
    path = tmp_path / 'other.weights'
    if change is not None:
        path.touch()
        with path.open('r+b') as file:
            file.truncate(PUBLISHED_BYTES + change)
    with pytest.raises(InputError, match=message):
        CheckpointLoader.load_checkpoint(f'darknet:{path}')


def test_without_a_network_there_is_a_remedy(repository, monkeypatch, tmp_path):
    def fail(address, path):
        raise URLError('no route')

    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, 'download_url_to_file', fail)
    config = load_config(repository / 'configs/baselines/yolov4_rafdb.py')
    address = config.model.backbone.init_cfg.checkpoint
    assert address.startswith('darknet:https://github.com/AlexeyAB/darknet/')
    with pytest.raises(InputError, match=r'backbone\.init_cfg=None'):
        CheckpointLoader.load_checkpoint(address)
