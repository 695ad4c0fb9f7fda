"""Whether two processes that share a batch learn what one process does."""

import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.multiprocessing as mp
from mmdet.models.task_modules.assigners import SimOTAAssigner
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.structures import InstanceData

from ..engine.runner import build_runner

#: Pictures of a step.
BATCH = 4

# By name, the losses of a step.
Losses = dict[str, float]


def compare_processes(
    configs: Sequence[Config],
    steps: int,
    prepare: Callable[[Config], list[Hook]] | None = None,
) -> list[list[tuple[Losses, Losses]]]:
    """Trains a few steps, in one process and in two with half of its batch.

    They share the CPU, a thread each.

    Args:
        configs: Of one training each, whose folder is theirs alone; are not
            changed.
        steps: Of each training.
        prepare: Called with the config of each training before it is built;
            returns further hooks. Of a module, as processes that start find
            it by its name.

    Returns:
        Of each config, for each step the losses of one process and of two.
    """
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    texts = [config.to_dict() for config in configs]
    with mp.get_context('spawn').Manager() as manager:
        results = manager.dict()
        arguments = (texts, steps, prepare, port, results)
        mp.spawn(_train_in_part, arguments, nprocs=2)
        two, other = results[0], results[1]
    # What one logs is what all learnt from.
    assert two == other
    one = [_train(text, steps, prepare) for text in texts]
    return [
        list(zip(*pair, strict=True)) for pair in zip(one, two, strict=True)
    ]


def greatest_difference(one: Losses, two: Losses) -> float:
    """That of any loss of a step, as a share of one process's."""
    return max(abs(two[name] - one[name]) / abs(one[name]) for name in one)


def in_double_precision(config: Config) -> list[Hook]:
    """Prepares a training in which rounding is out of the way.

    Args:
        config: Of the training, which is built next.
    """
    torch.set_default_dtype(torch.float64)
    return [_InDoublePrecision()]


class _InDoublePrecision(Hook):
    """Hands pictures and faces to the network as it was built."""

    def before_train(self, runner: Runner) -> None:
        model = getattr(runner.model, 'module', runner.model)
        assigner = getattr(model.bbox_head, 'assigner', None)
        if isinstance(assigner, SimOTAAssigner):
            assigner.__class__ = _SinglePrecisionAssigner
        model.data_preprocessor.register_forward_hook(self._cast)

    def _cast(self, module: torch.nn.Module, inputs: tuple, batch: dict):
        batch['inputs'] = batch['inputs'].double()
        samples = batch['data_samples']
        # mmyolo's; mmdet's heads make targets of any precision.
        if isinstance(samples, dict):
            samples['bboxes_labels'] = samples['bboxes_labels'].double()


class _SinglePrecisionAssigner(SimOTAAssigner):
    """mmdet's knows no other."""

    def assign(self, pred_instances, gt_instances, *args, **kwargs):
        return super().assign(
            _in_single_precision(pred_instances),
            _in_single_precision(gt_instances),
            *args,
            **kwargs,
        )


def _in_single_precision(instances: InstanceData) -> InstanceData:
    return InstanceData(
        **{
            name: value.float() if value.is_floating_point() else value
            for name, value in instances.items()
        }
    )


def _train_in_part(
    rank: int, texts: list[dict], steps: int, prepare, port: int, results
) -> None:
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE='2',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
    )
    results[rank] = [
        _train(text, steps, prepare, 'pytorch', BATCH // 2) for text in texts
    ]
    torch.distributed.destroy_process_group()


def _train(
    text: dict,
    steps: int,
    prepare: Callable[[Config], list[Hook]] | None,
    launcher: str = 'none',
    batch: int = BATCH,
) -> list[Losses]:
    config = Config(text)
    config.work_dir = str(Path(config.work_dir) / launcher)
    config.train_dataloader.update(
        batch_size=batch, num_workers=0, persistent_workers=False
    )
    threads, kind = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(1)
    losses = _Losses(steps)
    try:
        hooks = prepare(config) if prepare else []
        runner = build_runner(config, launcher)
        for hook in (*hooks, losses):
            runner.register_hook(hook)
        runner.train()
    except _Enough:
        pass
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(kind)
    return losses.kept


class _Enough(Exception):
    """All steps are done."""


class _Losses(Hook):
    """Every loss that the loop is told of."""

    priority = 'VERY_LOW'

    def __init__(self, steps: int) -> None:
        self.steps, self.kept = steps, []

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ) -> None:
        self.kept.append({name: x.item() for name, x in outputs.items()})
        if len(self.kept) == self.steps:
            raise _Enough
