"""Trains a method on FER+ scenes for a number of steps, and tests it.

All methods see the same batches in the same order, whatever losses they have:
pictures are held in memory, mirrored and lit otherwise each time, and the rate
follows the steps. So the table of methods is made, and so each of its rows can
be made again. A training that is stopped goes on when it is called again.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from ..engine.acceleration import fast_autocast, spare_slow_convolutions
from ..engine.checkpoints import read_checkpoint, require_fit, weights_of
from ..engine.run_folder import locked
from ..evaluation import Predictions
from ..evaluation.records import ImageRecord
from ..files import sha256_of
from .averaged_detector import AveragedDetector
from .kept_training import KeptTraining
from .scene_batches import Feed, Scenes, draw_batches
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


def train_on_scenes(
    config: Config,
    root: Path,
    out: Path,
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
        out: Folder of this training alone, where it is kept every few minutes:
            the same call goes on from there, until `forget_training`.
        schedule: How long to train.
        seed: Of the weights and the batches.
        backbone: A checkpoint whose backbone takes the place of the random
            one and stays as it is, so that necks are compared on the same
            features.
        progress: Is told the numbers of finished and of all steps.

    Raises:
        InputError: The set is at fault, the backbone is another one, or the
            folder belongs to another training.
    """
    init_default_scope('mmyolo')
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    _settle(config, seed)
    with locked(out):
        kept = KeptTraining(out, _named(config, root, schedule, seed, backbone))
        train, test = (Scenes(root, split) for split in ('train', 'test'))
        detector = AveragedDetector(config, train.classes, device, init=())
        networks = detector.model, detector.averaged
        for network in networks:
            _compute_in_single_precision(network.bbox_head, device.type)
        if device.type == 'cpu':
            spare_slow_convolutions(detector.model)
        if backbone is not None:
            _keep_backbone([network.backbone for network in networks], backbone)
        feed = Feed(config, device)
        kept.restore(detector)
        batches = draw_batches(len(train.paths), schedule.batch, seed)
        batches = islice(batches, _BATCHES_BEFORE + kept.steps, None)
        for step in range(kept.steps, schedule.steps):
            part = schedule.part(step)
            if part > L1_PART:
                detector.use_l1_loss()
            data = feed.training(train, next(batches))
            detector.step(data, rate_at(step, part, _WARM_UP), step)
            kept.keep(detector, step + 1)
            progress(step + 1, schedule.steps)
        seconds = kept.seconds
        predictions = _test(detector.averaged, test, feed)
    return Trained(predictions, len(train.paths), seconds, device)


def _named(
    config: Config,
    root: Path,
    schedule: Schedule,
    seed: int,
    backbone: Path | None,
) -> dict[str, str]:
    network = str(config.to_dict()).encode()
    return {
        'seed': str(seed),  # which the config has, too
        'config': hashlib.sha256(network).hexdigest(),
        'set of scenes': str(root.resolve()),
        'schedule': str((schedule.steps, schedule.batch, *schedule.clock)),
        'backbone': sha256_of(backbone) if backbone else '',
    }


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
def _test(network: nn.Module, scenes: Scenes, feed: Feed) -> Predictions:
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
