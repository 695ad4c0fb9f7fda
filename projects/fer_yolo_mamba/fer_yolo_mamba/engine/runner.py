"""Building a runner, and finding where an earlier run stopped."""

import os
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.runner import Runner

from ..compat import cpu_distributed
from ..errors import InputError


def build_runner(config: Config, launcher: str = 'none') -> Runner:
    """Builds mmengine's runner for one process or for one of several.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        launcher: 'none', or 'pytorch' where torchrun started this process.
    """
    config.launcher = launcher
    if launcher != 'none' and 'LOCAL_RANK' not in os.environ:
        raise InputError(
            f'--launcher {launcher} needs the environment of torchrun: start '
            'the run with tools/dist_train.sh.'
        )
    cpu_distributed.prepare(config)
    return Runner.from_cfg(config)


def use_mixed_precision(config: Config) -> None:
    """Trains in float16 where that is safe, with a dynamic loss scale.

    Raises:
        InputError: There is no GPU.
    """
    if not torch.cuda.is_available():
        raise InputError(
            '--amp needs a CUDA GPU and torch finds none: leave it out.'
        )
    config.optim_wrapper.type = 'AmpOptimWrapper'
    config.optim_wrapper.loss_scale = 'dynamic'


def latest_checkpoint(work_dir: str | Path) -> Path | None:
    """The last whole checkpoint of a run, or None.

    A checkpoint takes its name only once it is whole, so the newest
    ``epoch_*.pth`` is good whatever moment the run was killed at; mmengine's
    ``last_checkpoint`` may still be empty or name its predecessor.
    """
    checkpoints = sorted(
        Path(work_dir).glob('epoch_*.pth'),
        key=lambda path: int(path.stem.removeprefix('epoch_')),
    )
    return checkpoints[-1] if checkpoints else None
