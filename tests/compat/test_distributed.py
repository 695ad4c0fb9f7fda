"""Two processes of half a batch learn what one process of a whole one does."""

import os
import socket
from pathlib import Path

import fer_yolo_mamba  # noqa: F401  before mmdet, also where a process starts

# isort: split
import pytest
import torch
import torch.multiprocessing as mp
from mmdet.models.task_modules.assigners import SimOTAAssigner
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.structures import InstanceData

from fer_yolo_mamba.compat.distributed import prepare_distributed
from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.runner import build_runner


class InDoublePrecision(Hook):
    """Rounding, on which an assignment of faces may hang, is out of the way."""

    def before_train(self, runner: Runner) -> None:
        for module in runner.model.modules():
            if hasattr(module, 'cast_data'):
                module.register_forward_hook(self._cast)

    def _cast(self, module, inputs, batch):
        batch['inputs'] = batch['inputs'].double()
        faces = batch['data_samples']
        faces['bboxes_labels'] = faces['bboxes_labels'].double()


class SinglePrecisionAssigner(SimOTAAssigner):
    """mmdet's knows no other."""

    def assign(self, pred_instances, gt_instances, *args, **kwargs):
        one, other = (
            InstanceData(
                **{
                    name: value.float() if value.is_floating_point() else value
                    for name, value in instances.items()
                }
            )
            for instances in (pred_instances, gt_instances)
        )
        return super().assign(one, other, *args, **kwargs)


class Kept(Hook):
    """Every loss that the loop is told of."""

    priority = 'VERY_LOW'

    def __init__(self) -> None:
        self.losses = []

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ):
        self.losses.append({name: float(x) for name, x in outputs.items()})


def train(config: Path, work_dir: Path, batch_size: int, launcher='none'):
    """An epoch of two steps: their losses, and a statistic of a norm."""
    options = {
        'train_dataloader.batch_size': batch_size,
        'train_dataloader.num_workers': 0,
        'train_cfg.max_epochs': 1,
        'train_cfg.val_begin': 2,
    }
    threads, precision = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    try:
        runner = build_runner(load_config(config, options, work_dir), launcher)
        kept = Kept()
        for hook in (InDoublePrecision(), kept):
            runner.register_hook(hook)
        head = getattr(runner.model, 'module', runner.model).bbox_head
        head.assigner.__class__ = SinglePrecisionAssigner
        runner.train()
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(precision)
    (variance, *_) = (
        value
        for name, value in runner.model.state_dict().items()
        if name.endswith('running_var')
    )
    return kept.losses, variance


def train_in_part(rank, config, work_dir, port, results):
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE='2',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
    )
    losses, variance = train(config, work_dir, 2, 'pytorch')
    results[rank] = losses, variance.tolist()
    torch.distributed.destroy_process_group()


@pytest.fixture(scope='module')
def config(narrow_config, tmp_path_factory):
    folder = tmp_path_factory.mktemp('drawn')
    make_demo_set(folder, dict(train=8, val=1, test=1), size=96)
    path = folder / 'config.py'
    path.write_text(
        f"""
_base_ = {str(narrow_config)!r}
train_dataloader = dict(dataset=dict(data_root={str(folder)!r}))
val_dataloader = train_dataloader
"""
    )
    return path


def test_a_wrapper_of_the_config_stays(monkeypatch):
    monkeypatch.setattr(torch.distributed, 'init_process_group', print)
    given = dict(type='MMDistributedDataParallel', static_graph=True)
    config = Config(
        dict(
            launcher='pytorch',
            custom_hooks=[dict(type='ChannelsLastHook')],
            model_wrapper_cfg=given,
        )
    )
    prepare_distributed(config)
    assert dict(config.model_wrapper_cfg, **given) == config.model_wrapper_cfg
    # Which no wrapper but ours knows.
    assert 'channels_last' not in config.model_wrapper_cfg
    config.model_wrapper_cfg.pop('type')
    prepare_distributed(config)
    assert config.model_wrapper_cfg.type == 'mmyolo.JointDataParallel'
    assert config.model_wrapper_cfg.channels_last


@pytest.mark.skipif(
    torch.cuda.is_available(), reason='the processes of this test share a CPU'
)
def test_losses_and_norms_are_those_of_one_process(config, tmp_path):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    with mp.get_context('spawn').Manager() as manager:
        results = manager.dict()
        mp.spawn(
            train_in_part, (config, tmp_path / 'two', port, results), nprocs=2
        )
        (losses, variance), other = results[0], results[1]
    # What one logs is what all learnt from.
    assert other[0] == losses
    expected, of_norm = train(config, tmp_path / 'one', 4)
    assert len(expected) == len(losses) == 2
    for one, two in zip(expected, losses, strict=True):
        assert two == pytest.approx(one, abs=1e-4)
    assert variance == pytest.approx(of_norm.tolist(), rel=1e-6)
