"""Building and training a run, and finding where an earlier one stopped."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from mmengine.config import Config
from mmengine.runner import Runner

from ..compat.process import prepare_cpu_distributed
from ..errors import InputError
from .classes import SameClassesHook

# The data loader's workers hold on to the lock of a run that was killed, and
# notice its end within five seconds.
_PATIENCE = 10.0


def train(config: Config, launcher: str = 'none') -> None:
    """Trains the model of a config in its run folder, alone there.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        launcher: See :func:`build_runner`.

    Raises:
        InputError: Another run is at work in the folder, or see
            :func:`build_runner`.
    """
    is_first = os.environ.get('RANK', '0') == '0'
    with locked(config.work_dir) if is_first else nullcontext():
        build_runner(config, launcher).train()


def build_runner(config: Config, launcher: str = 'none') -> Runner:
    """Builds mmengine's runner for one process or for one of several.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        launcher: 'none', or 'pytorch' where torchrun started this process.

    Raises:
        InputError: torchrun did not start this process.
    """
    config.launcher = launcher
    if launcher != 'none' and 'LOCAL_RANK' not in os.environ:
        raise InputError(
            f'--launcher {launcher} needs the environment of torchrun: start '
            'the run with tools/dist_train.sh.'
        )
    prepare_cpu_distributed(config)
    runner = Runner.from_cfg(config)
    runner.register_hook(SameClassesHook())
    return runner


def usable_device(name: str | torch.device | None = None) -> torch.device:
    """The device of a name, once it has been seen to work.

    Args:
        name: ``cpu``, ``cuda``, ``cuda:1`` …; a GPU if there is one by
            default.

    Raises:
        InputError: There is no such device, or nothing is computed on it.
    """
    has_gpu = torch.cuda.is_available()
    try:
        device = torch.device(name or ('cuda' if has_gpu else 'cpu'))
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        count = torch.cuda.device_count() if has_gpu else 0
        gpus = ', '.join(f'cuda:{number}' for number in range(count))
        raise InputError(
            f'--device {name} cannot be used, as torch finds '
            f'{gpus or "no CUDA GPU"}: name cpu or such a GPU, or leave it out.'
        ) from error
    return device


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
    return max(
        Path(work_dir).glob('epoch_*.pth'),
        key=lambda path: int(path.stem.removeprefix('epoch_')),
        default=None,
    )


@contextmanager
def locked(folder: str | Path) -> Iterator[None]:
    """Keeps a folder to one process; one that is killed lets go, too.

    Args:
        folder: Of a run, or of several; made where needed.

    Raises:
        InputError: Another process is at work there.
        OSError: It cannot be made or written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        held = FileLock(folder / '.lock').acquire(timeout=_PATIENCE)
    except Timeout as error:
        raise InputError(
            f'another run is at work in {folder}: wait for its end, stop it, '
            'or name another --work-dir.'
        ) from error
    with held:
        yield
