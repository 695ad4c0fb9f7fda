"""Building and training a run, and finding where an earlier one stopped."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from mmengine.config import Config
from mmengine.dist import master_only
from mmengine.runner import BaseLoop, Runner

from ..compat.process import prepare_cpu_distributed
from ..errors import InputError
from ..files import remove_left_over, write_atomically
from .checkpoints import read_checkpoint
from .classes import SameClassesHook, follow_classes, training_classes
from .safeguards import (
    BestCheckpointHook,
    FiniteHook,
    greater_is_better,
    require_finite_weights,
)
from .settings import check_settings

# What a run writes of its config, beside which the user's own file may lie.
RESOLVED_CONFIG = 'resolved_config.py'

# The data loader's workers hold on to the lock of a run that was killed, and
# notice its end within five seconds.
_PATIENCE = 10.0
# Seconds after which what a killed run was writing is given up.
_UNFINISHED = 600.0


def train(config: Config, launcher: str = 'none') -> None:
    """Trains the model of a config in its run folder, alone there.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        launcher: See :func:`build_runner`.

    Raises:
        InputError: Another run is at work in the folder, the training
            diverged, or see :func:`build_runner`.
    """
    is_first = os.environ.get('RANK', '0') == '0'
    if classes := training_classes(config):
        told = follow_classes(config, classes, 'the training set')
        if told and is_first:
            print(told)
    with locked(config.work_dir) if is_first else nullcontext():
        runner = build_runner(config, launcher)
        try:
            runner.train()
        except InputError:
            raise
        except Exception:
            # An assigner meets what is not finite before any loss does.
            if isinstance(runner._train_loop, BaseLoop):
                require_finite_weights(runner, runner.iter + 1)
            raise


def build_runner(config: Config, launcher: str = 'none') -> Runner:
    """Builds mmengine's runner for one process or for one of several.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        launcher: 'none', or 'pytorch' where torchrun started this process.

    Raises:
        InputError: torchrun did not start this process, or a setting is at
            fault.
    """
    config.launcher = launcher
    if launcher != 'none' and 'LOCAL_RANK' not in os.environ:
        raise InputError(
            f'--launcher {launcher} needs the environment of torchrun: start '
            'the run with tools/dist_train.sh.'
        )
    check_settings(config)
    prepare_cpu_distributed(config)
    greater_is_better(config)
    try:
        runner = _Runner.from_cfg(config)
    except (InputError, OSError):
        raise
    except Exception as error:
        # Each part says in a way of its own that it does not like a setting.
        raise InputError(
            f'config {config.filename} cannot be built: '
            f'{" ".join(str(error).split())[:400]} (--debug shows where).'
        ) from error
    for hook in (SameClassesHook, FiniteHook, BestCheckpointHook):
        runner.register_hook(hook())
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
    """The last whole checkpoint of the last run in a folder, or None.

    That is the one which mmengine's ``last_checkpoint`` names: a longer run
    that was there before may have left higher numbers. A run killed as it
    wrote that file leaves it empty, or naming a checkpoint that is gone; then
    it is the one written last. A checkpoint takes its name only once it is
    whole, so it is good whatever the moment.
    """
    folder = Path(work_dir)
    pointer = folder / 'last_checkpoint'
    if pointer.is_file():
        named = Path(pointer.read_text(encoding='utf-8').strip())
        # First in the folder, which may be a copy or have moved.
        for path in (folder / named.name, named):
            if path.is_file():
                return path
    numbers = {
        path: int(match[1])
        for path in folder.glob('*.pth')
        if (match := re.fullmatch(r'(?:epoch|iter)_(\d+)', path.stem))
    }
    return max(
        numbers,
        key=lambda path: (path.stat().st_mtime_ns, numbers[path]),
        default=None,
    )


def end_of_run(config: Config, checkpoint: str | Path) -> str | None:
    """What to tell of a run that has nothing left to train, else None.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        checkpoint: The run's last one.

    Raises:
        InputError: See :func:`~.checkpoints.read_checkpoint`.
    """
    done = read_checkpoint(checkpoint).get('meta', {})
    for length, unit in (('max_epochs', 'epoch'), ('max_iters', 'iter')):
        planned = config.train_cfg.get(length)
        if planned is not None and done.get(unit, 0) >= planned:
            return (
                f'{checkpoint} is the end of a finished run, {unit} '
                f'{done[unit]} of {planned}, so there is nothing to resume: '
                f'test it (tools/test.py), give it more with --cfg-options '
                f'train_cfg.{length}={2 * planned} (the schedule of its '
                'learning rate does not begin again), or start anew in '
                'another --work-dir.'
            )
    return None


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
        remove_left_over(folder, _UNFINISHED)
        yield


class _Runner(Runner):
    @master_only
    def dump_config(self) -> None:
        """Writes the resolved config, and never over the config it is of.

        mmengine would give it the name of that file, whose folder may well be
        the run's.
        """
        folder = Path(self.work_dir)
        path, number = folder / RESOLVED_CONFIG, 2
        while (
            self.cfg.filename
            and path.exists()
            and path.samefile(self.cfg.filename)
        ):
            name = Path(RESOLVED_CONFIG)
            path = folder / f'{name.stem}_{number}{name.suffix}'
            number += 1
        write_atomically(path, self.cfg.pretty_text)
