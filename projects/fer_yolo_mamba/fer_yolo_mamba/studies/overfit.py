"""Whether a detector can learn a few faces by heart.

One that cannot is broken, and a comparison against it says nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config
from torch.nn.modules.batchnorm import _BatchNorm

from ..datasets.converters import (
    EncodedImage,
    ImageStream,
    LabelledImage,
    write_voc_set,
)
from ..datasets.drawn_faces import draw_scene
from ..engine.config import TestPipeline
from ..engine.runner import build_runner
from ..errors import InputError
from ..expressions import EXPRESSIONS

FACES = 16
#: AP at an IoU of 0.5, mean over the classes, at which a training ends.
LEARNT = 0.9

_MONITOR = 'fer/mAP'
_PASSES = 10  # over the pictures, between one test and the next
_WARM_UP = 20  # steps


@dataclass(frozen=True)
class Training:
    """What may be chosen for a detector that does not learn otherwise.

    Attributes:
        rounds: Most rounds of ten passes over the pictures, after each of
            which the detector is tested.
        batch: Pictures in a step. A deep network with batch normalisation may
            need them all in one: it learns by heart what sets a picture apart
            from those beside it, and they change from step to step.
        rate: Adam's; the default is the paper's.
        bn_momentum: Of the statistics of batch normalisation; the config's
            own by default. 0.01 averages over 100 steps, and lags behind
            weights that change as fast as here.
    """

    rounds: int = 20
    batch: int = 4
    rate: float = 0.001
    bn_momentum: float | None = None


@dataclass(frozen=True)
class Overfit:
    """What became of a detector.

    Attributes:
        config: Name of its config.
        training: How it was trained.
        steps: Until it had learnt, or all that were allowed.
        mean_ap: The mAP after them, on the pictures that it was trained on.
    """

    config: str
    training: Training
    steps: int
    mean_ap: float

    @property
    def has_learnt(self) -> bool:
        """Whether the mAP is at least :data:`LEARNT`."""
        return self.mean_ap >= LEARNT


def write_overfit_set(out: Path, size: int = 320) -> None:
    """Writes a VOC set of :data:`FACES` drawn pictures with one face each.

    Args:
        out: Folder of the set.
        size: Width and height of the pictures in pixels.
    """
    stream = ImageStream(
        images=_drawn(size),
        total=FACES,
        origin={'format': 'drawn, to be learnt by heart', 'size': size},
    )
    write_voc_set(stream, out)


def _drawn(size: int) -> Iterator[LabelledImage]:
    number, seed = 0, 0
    while number < FACES:
        expression = EXPRESSIONS[number % len(EXPRESSIONS)]
        seed += 1  # some pictures are left without anybody
        image, faces = draw_scene(
            np.random.default_rng(seed), (expression,), size
        )
        if not faces:
            continue
        _, png = cv2.imencode('.png', image)
        yield LabelledImage(
            f'drawn_{number:02d}',
            EncodedImage('.png', png.tobytes(), (size, size)),
            ('train', 'val', 'test'),
            tuple(faces),
        )
        number += 1


def overfit(
    config: Config, faces: Path, work_dir: Path, training: Training
) -> Overfit:
    """Trains on a few pictures as they are and tests on the same.

    The data are the same for all, and the rate is constant after a short
    warm-up; whatever else the config says is kept. It ends as soon as the
    detector has learnt.

    Args:
        config: Of the detector; it is changed.
        faces: What :func:`write_overfit_set` wrote.
        work_dir: Folder of the run.
        training: How to train.

    Raises:
        InputError: There is no round, or nothing in a batch.
    """
    if training.rounds < 1 or training.batch < 1:
        raise InputError(
            f'{training.rounds} rounds of batches of {training.batch}: choose '
            'at least one round and one picture.'
        )
    name = Path(config.filename).stem
    _simplify(config, faces, training)
    config.work_dir = str(work_dir / name)
    config.experiment_name = name
    runner = build_runner(config)
    if training.bn_momentum is not None:
        for module in runner.model.modules():
            if isinstance(module, _BatchNorm):
                module.momentum = training.bn_momentum
    runner.train()
    mean_ap = runner.message_hub.get_scalar(f'val/{_MONITOR}').current()
    return Overfit(name, training, runner.iter, mean_ap)


def _simplify(config: Config, faces: Path, training: Training) -> None:
    test = config.test_dataloader
    test.dataset.data_root = f'{faces}/'
    test.dataset.ann_file = 'ImageSets/Main/test.txt'
    test.num_workers = 0
    config.val_dataloader = test
    train = config.train_dataloader
    # Trained on what they are tested on: no augmentation. But now the boxes
    # are loaded before the picture is resized, and resized with it.
    train.dataset = dict(
        type='RepeatDataset',
        times=_PASSES,
        dataset=dict(
            train.dataset,
            data_root=f'{faces}/',
            pipeline=TestPipeline.of(config).with_boxes_resized(),
        ),
    )
    train.batch_size = training.batch
    train.num_workers = 0

    config.optim_wrapper.optimizer.lr = training.rate
    config.param_scheduler = [
        dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=_WARM_UP)
    ]
    config.train_cfg = dict(
        type='EpochBasedTrainLoop', max_epochs=training.rounds, val_interval=1
    )
    # No checkpoints, and no switch of the pipeline.
    config.default_hooks.checkpoint.interval = -1
    config.custom_hooks = [
        *(h for h in config.custom_hooks if h['type'] != 'ModeSwitchHook'),
        dict(
            type='EarlyStoppingHook',
            monitor=_MONITOR,
            rule='greater',
            stopping_threshold=LEARNT,
            patience=training.rounds,
        ),
    ]
