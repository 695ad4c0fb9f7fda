"""Trainings killed at random moments, resumed, and compared bit by bit."""

import math
import os
import shutil
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from random import Random

import numpy as np
import torch

from ...errors import InputError
from .good_files import CONFIG
from .paths import train
from .trial import RunTool
from .workers import CONTEXT, quiet

_EPOCHS = 3
_OPTIONS = (
    f'train_cfg.max_epochs={_EPOCHS}',
    # As in a real training: a process that a kill leaves alone.
    'train_dataloader.num_workers=1',
)
# What of a checkpoint says how the training goes on; the rest is its log.
_COMPARED = ('state_dict', 'ema_state_dict', 'optimizer', 'param_schedulers')
_PATIENCE = 600.0
# A run that is over before its moment came is not killed: another moment.
_MOST_TRIES = 5


@dataclass(frozen=True)
class Kill:
    """A training that was killed, and what became of it.

    Attributes:
        number: Of the kill.
        moment: When, as a part of the time from the first step to the end of a
            training that was left alone.
        epochs: Whole epochs that had been saved.
        was_writing: Whether half a file was left.
        difference: Where the resumed training differs from one that was not
            killed; empty if nowhere.
    """

    number: int
    moment: float
    epochs: int
    was_writing: bool
    difference: str


@dataclass(frozen=True)
class Training:
    """What is trained, again and again.

    Attributes:
        good: Folder of the good files, in which a training works.
        out: Folder of the runs.
        tools: That of the command-line tools.
        run_tool: See :data:`.trial.RunTool`.
    """

    good: Path
    out: Path
    tools: Path
    run_tool: RunTool

    def start(self, folder: Path, *options: str):
        """Starts a process that trains in a folder, alone in its group."""
        process = CONTEXT.Process(target=_work, args=(self, folder, options))
        process.start()
        return process

    def finish(self, folder: Path, *options: str) -> float:
        """Trains to the end; seconds that it took from its first step on.

        Raises:
            RuntimeError: It failed.
        """
        process = self.start(folder, *options)
        _await_first_step(process, folder)
        start = time.monotonic()
        process.join(_PATIENCE)
        if process.exitcode != 0:
            _kill(process)
            raise RuntimeError(
                f'status {process.exitcode}; see {folder.name}.log'
            )
        return time.monotonic() - start


def killed_trainings(
    training: Training, count: int, seed: int, at_once: int
) -> Iterator[Kill]:
    """Kills and resumes trainings; the first is left alone, to compare with.

    Args:
        training: What is trained.
        count: Of kills.
        seed: Decides on their moments.
        at_once: Trainings at a time.

    Raises:
        RuntimeError: The one left alone failed.
    """
    reference = training.out / 'reference'
    seconds = training.finish(reference)
    kill = partial(_killed, training, reference, seconds, seed)
    with ThreadPoolExecutor(at_once) as threads:
        yield from threads.map(kill, range(count))


def _killed(
    training: Training, reference: Path, seconds: float, seed: int, number: int
) -> Kill:
    random = Random(f'{seed}/kill/{number}')
    folder = training.out / f'run_{number}'
    for _ in range(_MOST_TRIES):
        moment = random.random()
        shutil.rmtree(folder, ignore_errors=True)
        process = training.start(folder)
        _await_first_step(process, folder)
        process.join(moment * seconds)
        if process.exitcode is None:
            break
    _kill(process)
    epochs = len(list(folder.glob('epoch_*.pth')))
    left = any(folder.rglob('*.part'))
    try:
        training.finish(folder, '--resume')
        difference = _difference(reference, folder)
    except (InputError, OSError, RuntimeError) as error:
        difference = f'the resumed training failed: {error}'
    if not difference:
        shutil.rmtree(folder)
    return Kill(number, moment, epochs, left, difference)


def _await_first_step(process, folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.exitcode is None:
        if any(folder.glob('*/vis_data/scalars.json')):
            return
        process.join(0.05)


def _kill(process) -> None:
    """Kills a process with those that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _work(training: Training, folder: Path, options: Iterable[str]) -> None:
    with suppress(PermissionError):
        os.setsid()
    folder.parent.mkdir(parents=True, exist_ok=True)
    quiet(folder.with_suffix('.log'))
    torch.set_num_threads(1)
    os.chdir(training.good)
    train(
        training.run_tool,
        training.tools,
        (CONFIG, '--work-dir', folder, '--cfg-options', *_OPTIONS, *options),
    )


def _difference(reference: Path, folder: Path) -> str:
    """The first difference of the last checkpoints of two runs."""
    name = f'epoch_{_EPOCHS}.pth'
    first, second = (
        # Both are this tool's own.
        torch.load(path / name, 'cpu', weights_only=True)
        for path in (reference, folder)
    )
    pairs = (
        differences(first.get(key), second.get(key), key) for key in _COMPARED
    )
    return next(chain.from_iterable(pairs), '')


def differences(first: object, second: object, where: str) -> Iterator[str]:
    """Where two values differ in a bit; NaN equals NaN."""
    if isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor):
        equal = first.dtype == second.dtype and np.array_equal(
            first.numpy(), second.numpy(), equal_nan=first.is_floating_point()
        )
    elif isinstance(first, Mapping) and isinstance(second, Mapping):
        equal = first.keys() == second.keys()
        for key in first.keys() & second.keys():
            yield from differences(first[key], second[key], f'{where}.{key}')
    elif isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        equal = len(first) == len(second)
        for number, pair in enumerate(zip(first, second, strict=False)):
            yield from differences(*pair, f'{where}.{number}')
    elif isinstance(first, float) and isinstance(second, float):
        equal = first == second or (math.isnan(first) and math.isnan(second))
    else:
        equal = first == second
    if not equal:
        yield where
