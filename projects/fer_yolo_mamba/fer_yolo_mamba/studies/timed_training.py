"""Trains detectors on composed pictures within a given time, on any machine.

mmengine's loops count epochs; here the clock decides. A GPU learns from more
pictures a second than processors compose, so worker processes compose them
without end into a ring on the device, and each step draws a batch of it: a
picture is seen several times, mirrored and lit otherwise each time. As pictures
come when they are ready, no two runs are the same.
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmyolo.registry import DATASETS

from ..engine.run_folder import locked
from ..errors import InputError
from .averaged_detector import AveragedDetector
from .picture_ring import PictureRing, compose_without_end
from .timed_log import TimedLog

_WARM_UP = 400  # steps
_WARM_UP_PART = 0.2  # of the time, where it holds fewer steps
_LAST_RATE = 0.005  # of the highest
#: YOLOX's further loss of boxes: from here on.
L1_PART = 0.85
_WRITTEN_AT = (0.25, 0.5, 0.75)  # and at the end
_LOGGED_EVERY = 0.05
# Steps from that many pictures on, or when that much of the time is over.
_FIRST_BATCHES = 32
_FIRST_PART = 0.05


@dataclass(frozen=True)
class Training:
    """How to train.

    Attributes:
        seconds: From the call until the last file is written.
        batch: Pictures in a step.
        pictures_kept: In the ring; 0.3 MB of the device's memory each, at a
            side of 320 pixels.
        workers: Processes that compose; by default as many as there are
            cores, save one.
        only: What the names of the parameters to train begin with; all of
            them by default.
    """

    seconds: float
    batch: int = 128
    pictures_kept: int = 20480
    workers: int = max(1, (os.cpu_count() or 1) - 1)
    only: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not (
            0 < self.seconds < math.inf
            and 0 < self.batch <= self.pictures_kept
            and self.workers > 0
        ):
            raise InputError(
                f'{self.seconds:g} seconds with batches of {self.batch} out of '
                f'{self.pictures_kept} pictures kept, of {self.workers} '
                'workers: give some time and a worker, and keep at least a '
                'batch.'
            )


def train_in_time(
    configs: Sequence[Config],
    out: Path,
    training: Training,
    init: Sequence[Path] = (),
    log: Callable[[str], None] = print,
) -> None:
    """Trains one detector, or several on the same batches.

    What a config says of model, optimizer, clipping and pictures holds; the
    schedule is this one's. A step whose gradients are not finite changes no
    weight. Files of a detector are named `<config>_step<N>_<i>of<n>.pth`, its
    averaged weights; a later step's take the place of an earlier one's once
    all of them are written.

    Args:
        configs: With a `FaceMixture` for training, all the same.
        out: Folder of the files, and of `<config>.log`.
        training: How to train.
        init: Weights to start from: a `.safetensors` file, or a checkpoint,
            maybe in parts; random ones by default.
        log: Is told how far the training is.

    Raises:
        InputError: A config has other pictures, the sets are at fault, `init`
            does not fit, no parameter has a name of `only`, there is no time
            for a step, or another run is at work in the folder.
    """
    start = monotonic()
    names = '+'.join(Path(config.filename).stem for config in configs)
    tell = TimedLog(out / f'{names}.log', log)

    with locked(out):
        init_default_scope('mmyolo')
        mixture = DATASETS.build(pictures_of(configs))
        device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
        # Workers start before the device is used.
        composed = compose_without_end(
            mixture, training.workers, training.pictures_kept
        )
        tell(f'sets are read; training on {_name(device)}')
        classes = mixture.metainfo['classes']
        detectors = [
            AveragedDetector(config, classes, device, init, training.only)
            for config in configs
        ]
        ring = PictureRing(training.pictures_kept, mixture.side, device)
        with ring.filled_from(composed):
            _wait(ring, start, training)
            tell(f'first pictures: {ring.composed}')
            _train(detectors, ring, out, training, start, tell)


def rate_at(step: int, part: float, warm_up: int = _WARM_UP) -> float:
    """The learning rate, of its highest: a warm-up, then a cosine.

    The warm-up counts steps, as the optimizer's own averages do; the cosine
    follows the clock.

    Args:
        step: Counted from 0.
        part: Of the time that is over, from 0 to 1.
        warm_up: Steps.
    """
    warm = max((step + 1) / warm_up, part / _WARM_UP_PART)
    cosine = (1 + math.cos(math.pi * part)) / 2
    return min(1.0, warm) * (_LAST_RATE + (1 - _LAST_RATE) * cosine)


def _train(
    detectors: Sequence[AveragedDetector],
    ring: PictureRing,
    out: Path,
    training: Training,
    start: float,
    tell: Callable[[str], None],
) -> None:
    first, end = monotonic(), start + training.seconds
    marks: Iterator[float] = iter((*_WRITTEN_AT, math.inf))
    mark, logged_part = next(marks), 0.0
    logged_at, logged_step, logged_composed = first, 0, ring.composed
    step, writing = 0, 0.0
    before = now = first
    while True:
        before, now = now, monotonic()
        # A last step and the last files have to fit in.
        left = end - first - (now - before) - writing
        part = (now - first) / left if left > 0 else 1.0
        is_over = part >= 1
        if is_over and not step:
            raise InputError(
                f'after {now - start:.0f} s of {training.seconds:g} there is '
                'no time left for a step: give more seconds.'
            )
        if step and (is_over or step == 1 or part > logged_part):
            took = now - logged_at
            tell(
                f'step {step}, {part:.0%} of the time, '
                f'{(step - logged_step) * training.batch / took:.0f} trained '
                f'and {(ring.composed - logged_composed) / took:.0f} composed '
                'pictures/s; ' + '; '.join(d.losses() for d in detectors)
            )
            logged_part = part + _LOGGED_EVERY
            logged_at, logged_step, logged_composed = now, step, ring.composed
        if step and (is_over or part > mark):
            for detector in detectors:
                detector.write(out, step)
            writing = max(writing, monotonic() - now)
            tell(f'written at step {step}')
            while mark <= part:
                mark = next(marks)
        if is_over:
            return
        if part > L1_PART:
            for detector in detectors:
                detector.use_l1_loss()
        batch = ring.draw(training.batch)
        for detector in detectors:
            detector.step(dict(batch), rate_at(step, part), step)
        step += 1


def _wait(ring: PictureRing, start: float, training: Training) -> None:
    wanted = min(_FIRST_BATCHES * training.batch, training.pictures_kept)
    patience = start + _FIRST_PART * training.seconds
    while ring.composed < wanted:
        ring.require_filling()
        now = monotonic()
        enough = ring.composed >= training.batch and now > patience
        if enough or now > start + training.seconds:
            return
        sleep(0.05)


def pictures_of(configs: Sequence[Config]) -> dict:
    """The `FaceMixture` that configs train on.

    Raises:
        InputError: One trains on other pictures than the first, or on such
            as are not composed.
    """
    datasets = [config.train_dataloader.dataset for config in configs]
    for config, dataset in zip(configs, datasets, strict=True):
        if dataset.type != 'FaceMixture':
            raise InputError(
                f'{config.filename} trains on {dataset.type}, which is not '
                'composed: take configs/fer_yolo_mamba_faces.py or one like it.'
            )
        if dataset != datasets[0]:
            raise InputError(
                f'{config.filename} trains on other pictures than '
                f'{configs[0].filename}: train them one after the other.'
            )
    return datasets[0]


def _name(device: torch.device) -> str:
    if device.type == 'cuda':
        return torch.cuda.get_device_name(device)
    return f'{torch.get_num_threads()} threads of a CPU'
