"""Trains a method on FER+ scenes for a number of steps, and tests it.

All methods see the same batches in the same order, whatever losses they have:
pictures are held in memory, mirrored and lit otherwise each time, and the rate
follows the steps. So the table of methods is made, and so each of its rows can
be made again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
import torch
import torch.nn.functional as F
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from ..datasets import FERVOCDataset
from ..datasets.images import read_image
from ..engine.acceleration import fast_autocast
from ..engine.checkpoints import read_checkpoint, require_fit, weights_of
from ..engine.config import TestPipeline
from ..errors import InputError
from ..evaluation import Predictions
from ..evaluation.records import ImageRecord
from .averaged_detector import AveragedDetector
from .picture_ring import GAIN, OFFSET, mirrored_and_lit
from .timed_training import L1_PART, rate_at

_RATE = 1e-3
_MOST_GRADIENT = 10.0
_WARM_UP = 150  # steps
# On these the methods of the table warmed up, without learning from them.
_BATCHES_BEFORE = 3
_TESTED_TOGETHER = 50
_MOST_DETECTIONS = 100
_BACKBONE = 'backbone.'


@dataclass(frozen=True)
class Schedule:
    """How long to train.

    Attributes:
        steps: Of the optimizer.
        batch: Pictures in a step.
        clock: Pairs of a step and the part of the time that was over then,
            where the rate followed a clock; by default it follows the steps.
    """

    steps: int
    batch: int = 32
    clock: Sequence[Sequence[float]] = ()

    def part(self, step: int) -> float:
        """How much of the training is over before a step, from 0 to 1."""
        points = [(0, 0.0), *self.clock, (self.steps, 1.0)]
        return float(np.interp(step, *zip(*points, strict=True)))


class Scenes:
    """The pictures of a split, decoded.

    Args:
        root: A set in the VOC layout, of square pictures of one size.
        split: Name of the split.

    Attributes:
        paths: Of the pictures.
        images: (N, side, side, 3) uint8, BGR.
        faces: Of each picture (n, 5) float32: label, x1, y1, x2, y2.
        classes: Names of the labels.

    Raises:
        InputError: The set is missing or at fault, or sizes differ.
    """

    def __init__(self, root: Path, split: str) -> None:
        dataset = FERVOCDataset(
            ann_file=f'ImageSets/Main/{split}.txt',
            data_root=str(root),
            serialize_data=False,
            test_mode=True,
        )
        self.classes = dataset.metainfo['classes']
        infos = [dataset.get_data_info(i) for i in range(len(dataset))]
        self.paths = [info['img_path'] for info in infos]
        self.faces = [
            np.array(
                [(x['bbox_label'], *x['bbox']) for x in info['instances']],
                np.float32,
            ).reshape(-1, 5)
            for info in infos
        ]
        images = [read_image(path) for path in self.paths]
        if len({image.shape for image in images}) != 1:
            raise InputError(
                f'{root}: the pictures of {split} differ in size: compose them '
                'with tools/analysis/ferplus_scenes.py.'
            )
        self.images = torch.from_numpy(np.stack(images))


@dataclass(frozen=True)
class Batch:
    """Pictures of a step, as they were drawn.

    Attributes:
        pictures: Numbers of the pictures, (B,).
        mirrored: Which of them are, (B,) bool.
        gain: Factor on the pixels, (B,).
        offset: What is added to them then, (B,).
    """

    pictures: np.ndarray
    mirrored: np.ndarray
    gain: np.ndarray
    offset: np.ndarray


@dataclass(frozen=True)
class Trained:
    """What came out.

    Attributes:
        predictions: Of the split `test`.
        pictures: Number of those of the split `train`.
        seconds: Of the training alone.
        device: On which it was done.
    """

    predictions: Predictions
    pictures: int
    seconds: float
    device: torch.device


def draw_batches(count: int, batch: int, seed: int) -> Iterator[Batch]:
    """Draws batches without end, pass after pass over all pictures.

    Args:
        count: Of the pictures.
        batch: Pictures in a step.
        seed: The same one draws the same batches.
    """
    random = np.random.default_rng(seed)

    def endless() -> Iterator[int]:
        while True:
            yield from random.permutation(count)

    order = endless()
    while True:
        yield Batch(
            np.array([next(order) for _ in range(batch)]),
            random.random(batch) < 0.5,
            random.uniform(*GAIN, batch),
            random.uniform(*OFFSET, batch),
        )


def train_on_scenes(
    config: Config,
    root: Path,
    schedule: Schedule,
    seed: int = 0,
    backbone: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Trained:
    """Trains a method from random weights and tests its averaged weights.

    Of the config are its network, losses, input size and optimizer; data,
    rate, clipping and schedule are the same for all methods.

    Args:
        config: Of the method, on any data; is changed.
        root: What `tools/analysis/ferplus_scenes.py` or `mixture_scenes.py`
            wrote.
        schedule: How long to train.
        seed: Of the weights and the batches.
        backbone: A checkpoint whose backbone takes the place of the random
            one and stays as it is, so that necks are compared on the same
            features.
        progress: Is told the numbers of finished and of all steps.

    Raises:
        InputError: The set is at fault, or the backbone is another one.
    """
    init_default_scope('mmyolo')
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    train, test = (Scenes(root, split) for split in ('train', 'test'))
    _settle(config, seed)
    detector = AveragedDetector(config, train.classes, device, init=())
    networks = detector.model, detector.averaged
    for network in networks:
        _compute_in_single_precision(network.bbox_head, device.type)
    if backbone is not None:
        _keep_backbone([network.backbone for network in networks], backbone)
    feed = _Feed(config, device)
    batches = draw_batches(len(train.paths), schedule.batch, seed)
    for _ in range(_BATCHES_BEFORE):
        next(batches)
    begin = monotonic()
    for step in range(schedule.steps):
        part = schedule.part(step)
        if part > L1_PART:
            detector.use_l1_loss()
        data = feed.training(train, next(batches))
        detector.step(data, rate_at(step, part, _WARM_UP), step)
        progress(step + 1, schedule.steps)
    seconds = monotonic() - begin
    predictions = _test(detector.averaged, test, feed)
    return Trained(predictions, len(train.paths), seconds, device)


def _settle(config: Config, seed: int) -> None:
    config.randomness = dict(seed=seed)
    config.model.backbone.init_cfg = None
    head = config.model.bbox_head
    if head.type.split('.')[-1] == 'YOLOXHead':
        head.type = 'FERYOLOXHead'
    config.model.test_cfg.update(
        score_thr=0.005, nms_pre=1000, max_per_img=_MOST_DETECTIONS
    )
    if 'topk' in config.model.test_cfg:  # CenterNet's word for it
        config.model.test_cfg.topk = _MOST_DETECTIONS
    config.optim_wrapper.type = 'OptimWrapper'
    config.optim_wrapper.optimizer.lr = _RATE
    config.optim_wrapper.clip_grad = dict(max_norm=_MOST_GRADIENT)


def _keep_backbone(backbones: Sequence[nn.Module], path: Path) -> None:
    weights = {
        name.removeprefix(_BACKBONE): value
        for name, value in weights_of(read_checkpoint(path)).items()
        if name.startswith(_BACKBONE)
    }
    require_fit(backbones[0], dict(state_dict=weights), path)
    for backbone in backbones:
        backbone.load_state_dict(weights)
        backbone.requires_grad_(False)
        # The norms' statistics, too, stay as they are.
        backbone.eval()


class _Feed:
    """Gives a detector pictures in its size, and faces as its losses ask."""

    def __init__(self, config: Config, device: torch.device) -> None:
        self._side, _ = TestPipeline.of(config).size
        self._device = device
        # mmyolo's "fast" losses take the faces of a batch in one tensor.
        collate = config.train_dataloader.get('collate_fn') or {}
        self._is_fast = collate.get('type') == 'yolov5_collate'

    def training(self, scenes: Scenes, batch: Batch) -> dict:
        """A batch, as the detector's data preprocessor takes it."""
        mirrored, gain, offset = (
            torch.as_tensor(x, device=self._device).view(-1, 1, 1, 1)
            for x in (batch.mirrored, batch.gain, batch.offset)
        )
        images = self._resized(scenes, batch.pictures)
        images = mirrored_and_lit(
            images, mirrored, gain.float(), offset.float()
        )
        faces = [
            self._faces(scenes, picture, is_mirrored)
            for picture, is_mirrored in zip(
                batch.pictures, batch.mirrored, strict=True
            )
        ]
        if self._is_fast:
            numbered = [F.pad(x, (1, 0), value=i) for i, x in enumerate(faces)]
            samples = dict(bboxes_labels=torch.cat(numbered).to(self._device))
        else:
            samples = [self._sample(scenes, x.to(self._device)) for x in faces]
        return self._batch(images, samples)

    def testing(self, scenes: Scenes, pictures: np.ndarray) -> dict:
        """Pictures as they are."""
        samples = [self._sample(scenes) for _ in pictures]
        return self._batch(self._resized(scenes, pictures), samples)

    def _resized(self, scenes: Scenes, pictures: np.ndarray) -> Tensor:
        images = scenes.images[pictures].to(self._device)
        images = images.permute(0, 3, 1, 2).float()
        size = (self._side, self._side)
        if images.shape[2:] != size:
            images = F.interpolate(images, size, mode='bilinear')
        return images

    def _faces(self, scenes: Scenes, picture: int, is_mirrored: bool) -> Tensor:
        side = scenes.images.shape[2]
        faces = scenes.faces[picture].copy()
        if is_mirrored:
            faces[:, [1, 3]] = side - faces[:, [3, 1]]
        faces[:, 1:] *= self._side / side
        return torch.from_numpy(faces)

    def _sample(
        self, scenes: Scenes, faces: Tensor | None = None
    ) -> DetDataSample:
        size = (self._side, self._side)
        original = tuple(scenes.images.shape[1:3])
        sample = DetDataSample(
            metainfo=dict(
                ori_shape=original,
                img_shape=size,
                pad_shape=size,
                batch_input_shape=size,
                scale_factor=(self._side / original[1],) * 2,
                img_path='',
                img_id=0,
            )
        )
        if faces is not None:
            sample.gt_instances = InstanceData(
                bboxes=faces[:, 1:], labels=faces[:, 0].long()
            )
        return sample

    def _batch(self, images: Tensor, samples: dict | list) -> dict:
        images = images.contiguous(memory_format=torch.channels_last)
        return dict(inputs=images, data_samples=samples)


def _compute_in_single_precision(head: nn.Module, kind: str) -> None:
    """Keeps losses and boxes out of autocast, which the network is in."""

    def in_single_precision(compute: Callable) -> Callable:
        def call(*args, **kwargs):
            with torch.autocast(kind, enabled=False):
                args, kwargs = tree_map_only(Tensor, _single, (args, kwargs))
                return compute(*args, **kwargs)

        return call

    for name in ('loss_by_feat', 'predict_by_feat'):
        setattr(head, name, in_single_precision(getattr(head, name)))


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


@torch.no_grad()
def _test(network: nn.Module, scenes: Scenes, feed: _Feed) -> Predictions:
    device = next(network.parameters()).device
    records = []
    numbers = np.arange(len(scenes.paths))
    for first in range(0, len(numbers), _TESTED_TOGETHER):
        pictures = numbers[first : first + _TESTED_TOGETHER]
        data = network.data_preprocessor(feed.testing(scenes, pictures))
        with fast_autocast(device):
            samples = network(**data, mode='predict')
        for picture, sample in zip(pictures, samples, strict=True):
            found = sample.pred_instances
            best = found.scores.argsort(descending=True)[:_MOST_DETECTIONS]
            found = found[best].cpu().numpy()
            faces = scenes.faces[picture]
            record = dict(
                img_path=scenes.paths[picture],
                ori_shape=tuple(scenes.images.shape[1:3]),
                pred_instances={
                    name: found[name] for name in ('bboxes', 'scores', 'labels')
                },
                gt_instances=dict(bboxes=faces[:, 1:], labels=faces[:, 0]),
            )
            records.append(
                ImageRecord.from_data_sample(record, len(scenes.classes))
            )
    return Predictions(scenes.classes, tuple(records))
