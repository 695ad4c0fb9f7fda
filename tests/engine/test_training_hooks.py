"""Hooks that make a resumed run the same run."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger

from fer_yolo_mamba.engine import EpochSeedHook, ModeSwitchHook, seed_worker


def draws():
    return random.random(), float(np.random.rand()), torch.rand(1).item()


def seeded_draws(seed, epoch):
    EpochSeedHook().before_train_epoch(SimpleNamespace(seed=seed, epoch=epoch))
    return draws()


def test_an_epoch_has_its_own_random_numbers():
    first = seeded_draws(seed=0, epoch=3)
    assert seeded_draws(seed=0, epoch=4) != first
    assert seeded_draws(seed=1, epoch=3) != first
    assert seeded_draws(seed=0, epoch=3) == first


def test_workers_follow_the_epochs_seed():
    threads = torch.get_num_threads()
    try:
        torch.manual_seed(5)
        seed_worker(0)
        first = draws()
        torch.manual_seed(5)
        seed_worker(0)
        assert draws() == first
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ('epoch', 'switched'), [(0, False), (6, False), (7, True), (9, True)]
)
def test_the_last_epochs_switch_whenever_the_run_was_resumed(epoch, switched):
    dataset = SimpleNamespace(pipeline='mosaic')
    model = SimpleNamespace(bbox_head=SimpleNamespace(use_bbox_aux=False))
    runner = SimpleNamespace(
        epoch=epoch,
        max_epochs=10,
        train_dataloader=SimpleNamespace(dataset=dataset),
        model=model,
        logger=MMLogger.get_instance('test_switch'),
    )
    hook = ModeSwitchHook(3, [dict(type='mmdet.RandomFlip', prob=0.5)])
    hook.before_train_epoch(runner)
    assert (dataset.pipeline != 'mosaic') == switched
    assert model.bbox_head.use_bbox_aux == switched
