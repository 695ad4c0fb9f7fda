"""A training of a moment, by way of a config as tools/train.py takes it."""

import copy
import os
import random
import signal
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmyolo.registry import DATASETS, MODELS
from torch.utils.data import Dataset

from fer_yolo_mamba.engine.training import train

FACE = [[10.0, 20.0, 49.0, 79.0]]
_names = count()


@DATASETS.register_module(force=True)
class ToyFaces(Dataset):
    """Eight faces, each disturbed at random when it is read."""

    metainfo = dict(classes=('Happy', 'Sad'))
    #: Done as a picture is read; tests set it.
    reading: Callable[[int], None] | None = None

    def __len__(self):
        return 8

    def get_data_info(self, index):
        return dict(img_path=f'{index}.jpg')

    def __getitem__(self, index):
        if ToyFaces.reading:
            ToyFaces.reading(index)
        noise = random.random() + np.random.rand()
        inputs = torch.tensor([index, noise], dtype=torch.float32)
        return dict(inputs=inputs)


@MODELS.register_module(force=True)
class ToyDetector(BaseModel):
    """Learns from noise, and finds what there is."""

    #: Done with each training step and its loss; tests set it.
    step: Callable[['ToyDetector', torch.Tensor], torch.Tensor] | None = None
    validating: Callable[[], None] | None = None

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(2, 4),
            torch.nn.BatchNorm1d(4),
            torch.nn.Dropout(0.5),
            torch.nn.Linear(4, 1),
        )
        self.steps = 0
        self.bbox_head = SimpleNamespace(use_bbox_aux=False)

    def forward(self, inputs, mode='tensor'):
        if mode == 'loss':
            self.steps += 1
            loss = self.layers(torch.stack(inputs)).square().mean()
            if ToyDetector.step:
                loss = ToyDetector.step(self, loss)
            return dict(loss_bbox=loss, loss_cls=loss.detach() * 0)
        if ToyDetector.validating:
            ToyDetector.validating()
        return [
            dict(
                pred_instances=dict(bboxes=FACE, scores=[0.9], labels=[0]),
                gt_instances=dict(bboxes=FACE, labels=[int(item[0]) % 2]),
            )
            for item in inputs
        ]


@pytest.fixture
def toys():
    """The two classes, for what a test has them do."""
    yield SimpleNamespace(detector=ToyDetector, faces=ToyFaces)
    ToyFaces.reading = ToyDetector.step = ToyDetector.validating = None


@pytest.fixture
def train_up_to(toys):
    """Trains to a step, at which the process is told to stop."""

    def call(step, config):
        def stop(model, loss):
            if model.steps == step:
                os.kill(os.getpid(), signal.SIGTERM)
            return loss

        toys.detector.step = stop
        with pytest.raises(SystemExit):
            train(config)
        toys.detector.step = None

    return call


@pytest.fixture
def toy_config():
    """Makes the config of a run: 3 epochs of 4 steps; see ToyDetector."""
    loader = dict(
        batch_size=2,
        num_workers=0,
        collate_fn=dict(type='pseudo_collate'),
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(type='ToyFaces'),
    )
    training = copy.deepcopy(loader)
    training['sampler']['shuffle'] = True

    def make(folder, **changes):
        config = Config(
            dict(
                default_scope='mmyolo',
                work_dir=str(folder),
                # Runs of one name would share what they log.
                experiment_name=f'toy_{next(_names)}',
                model=dict(type='ToyDetector'),
                train_dataloader=training,
                val_dataloader=loader,
                train_cfg=dict(max_epochs=3, type='EpochBasedTrainLoop'),
                val_cfg=dict(type='ValLoop'),
                val_evaluator=dict(type='FERMetric'),
                optim_wrapper=dict(
                    type='OptimWrapper', optimizer=dict(type='Adam', lr=0.01)
                ),
                param_scheduler=[
                    dict(
                        type='CosineAnnealingLR',
                        eta_min=1e-5,
                        convert_to_iter_based=True,
                    )
                ],
                default_hooks=dict(
                    logger=dict(type='LoggerHook', interval=1),
                    checkpoint=dict(type='CheckpointHook', interval=1),
                ),
                custom_hooks=[
                    dict(type='EMAHook', update_buffers=True),
                    dict(type='EpochSeedHook'),
                    dict(type='PerClassF1Hook'),
                ],
                randomness=dict(seed=0),
            )
        )
        config.merge_from_dict(changes)
        return config

    return make
