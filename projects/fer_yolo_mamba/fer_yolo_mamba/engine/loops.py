"""Training loops that stop at a signal, and go on where they were.

Registered under the names of mmengine's, whose place they take in configs.
"""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from math import ceil
from pathlib import Path

import torch
import torch.nn as nn
from mmengine.dist import all_reduce, is_distributed, is_main_process
from mmengine.hooks import EMAHook
from mmengine.runner import EpochBasedTrainLoop as _EpochBasedTrainLoop
from mmengine.runner import Runner
from mmyolo.registry import LOOPS
from torch.utils.data import DataLoader

from ..evaluation import last_validation
from .random_state import random_state, set_random_state
from .run_folder import INTERRUPTED, record_checkpoint
from .safeguards import require_finite_weights

# Slurm sends the second where a job asks for it ahead of its end. Windows
# lacks it.
_SIGNALS = [
    getattr(signal, name)
    for name in ('SIGTERM', 'SIGUSR1')
    if hasattr(signal, name)
]
# What came, newest last; None while nobody listens.
_received: list[int] | None = None


class StopAskedError(Exception):
    """A validation ends early, as the run is to stop."""


@contextmanager
def stopping_at_signals() -> Iterator[None]:
    """Inside, a training that gets SIGTERM or SIGUSR1 saves itself and ends.

    Its process exits with 128 plus the signal's number, 143 after SIGTERM, as
    shells have it. Outside of the main thread no signal can be caught.
    """
    global _received
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _received = []
    earlier = {
        number: signal.signal(number, lambda got, _: _received.append(got))
        for number in _SIGNALS
    }
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
        _received = None


def stop_asked() -> bool:
    """Whether a signal came to this process, or to another one of the run.

    All of them have to ask at the same place: they then stop there together.
    """
    if _received is None or not is_distributed():
        return bool(_received)
    flag = torch.tensor(len(_received))
    all_reduce(flag)
    return bool(flag)


@LOOPS.register_module()
class EpochBasedTrainLoop(_EpochBasedTrainLoop):
    """mmengine's, which can stop and go on in the middle of an epoch.

    Going on, it loads again what the epoch had used and leaves it out, so that
    the random numbers of the data loader's workers, too, are those of a run
    that never stopped. A validation that was due is made up for.

    Args:
        runner: mmengine's.
        dataloader: Of the training, or its config.
        max_epochs: Epochs of the whole training.
        val_begin: The first epoch to be followed by a validation.
        val_interval: Epochs from one validation to the next.
        dynamic_intervals: Pairs of an epoch and the interval from there on.
    """

    #: Whether the loop counts epochs; otherwise iterations.
    by_epoch = True

    def __init__(
        self,
        runner: Runner,
        dataloader: DataLoader | dict,
        max_epochs: int,
        val_begin: int = 1,
        val_interval: int = 1,
        dynamic_intervals: list[tuple[int, int]] | None = None,
    ) -> None:
        super().__init__(
            runner,
            dataloader,
            max_epochs,
            val_begin,
            val_interval,
            dynamic_intervals,
        )
        # Iteration at which the epoch under way began.
        self._first_iter = 0
        # Where to go on: batches of the epoch that are done, random numbers.
        self._done = 0
        self._random_state: dict | None = None
        self.dataloader.worker_init_fn = partial(
            _init_worker, self.dataloader.worker_init_fn
        )

    @property
    def count(self) -> int:
        """What is finished, in what the loop counts."""
        return self._epoch if self.by_epoch else self._iter

    @property
    def end(self) -> int:
        """The last count."""
        return self._max_epochs if self.by_epoch else self._max_iters

    def position(self, epoch: int, iteration: int) -> int:
        """Batches of an epoch that are done after an iteration.

        Args:
            epoch: Finished epochs, as a checkpoint has them.
            iteration: Finished iterations.
        """
        return iteration - self._first_iter if epoch == self._epoch else 0

    def go_on_within_epoch(self, done: int, random_state: dict | None) -> None:
        """Makes the first epoch begin after ``done`` of its batches."""
        self._done, self._random_state = done, random_state

    def run(self) -> nn.Module:
        """Trains to the end."""
        # A validation that is made up for may be stopped, too.
        self._first_iter = self._iter - self._done
        self.runner.call_hook('before_train')
        if not (self.by_epoch and self._done):
            self._make_up_for_validation()
        while self.count < self.end and not self.stop_training:
            self.run_epoch()
            if self.by_epoch:
                self._validate()
        self.runner.call_hook('after_train')
        return self.runner.model

    def run_epoch(self) -> None:
        """Trains for one epoch, or for what is left of it."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        done, self._done = self._done, 0
        self._first_iter = self._iter - done
        length = len(self.dataloader)
        if not self.by_epoch:
            length = min(length, self.end - self._first_iter)
        for index, batch in enumerate(islice(self.dataloader, length)):
            if index >= done:
                self.run_iter(index, batch)
            elif index == done - 1 and self._random_state is not None:
                set_random_state(self._random_state)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1
        self._first_iter = self._iter

    def run_iter(self, idx: int, data_batch: dict) -> None:
        """Trains on one batch."""
        super().run_iter(idx, data_batch)
        if not self.by_epoch:
            self._validate()
        # Gradients of several batches that have not been used are not saved.
        if stop_asked() and self.runner.optim_wrapper.should_update():
            self._save_and_exit()

    def _decide_current_val_interval(self) -> None:
        passed = sum(x <= self.count + 1 for x in self.dynamic_milestones)
        self.val_interval = self.dynamic_intervals[passed - 1]

    def _validate(self) -> None:
        self._decide_current_val_interval()
        is_due = self.count >= self.val_begin and (
            self.count % self.val_interval == 0 or self.count == self.end
        )
        if self.runner.val_loop is None or not is_due:
            return
        # A training is the same with more validations or fewer.
        numbers, is_stopped = random_state(), False
        try:
            self.runner.val_loop.run()
        except StopAskedError:
            is_stopped = True
            # The model has the averaged weights, as long as one validates.
            for hook in self.runner.hooks:
                if isinstance(hook, EMAHook):
                    hook.after_val_epoch(self.runner)
        set_random_state(numbers)
        self.runner.model.train()
        if is_stopped:
            self._save_and_exit()

    def _make_up_for_validation(self) -> None:
        """Validates what was saved, but not validated when the run ended."""
        table = Path(self.runner.work_dir) / 'metrics.csv'
        if self.count and (last_validation(table) or 0) < self.count:
            # Within an epoch they are saved again, should it be stopped.
            if self._done and self._random_state is not None:
                set_random_state(self._random_state)
            self._validate()

    def _save_and_exit(self) -> None:
        require_finite_weights(self.runner, self._iter)
        folder = Path(self.runner.work_dir)
        self.runner.save_checkpoint(
            str(folder),
            INTERRUPTED,
            meta=dict(epoch=self._epoch, iter=self._iter),
            by_epoch=False,
        )
        if is_main_process():
            record_checkpoint(folder / INTERRUPTED, folder)
        number = _received[-1] if _received else signal.SIGTERM
        self.runner.logger.log(
            logging.WARNING,
            f'Stopped by {signal.Signals(number).name} after iteration '
            f'{self._iter}: --resume goes on from {folder / INTERRUPTED}.',
        )
        sys.exit(128 + number)


@LOOPS.register_module()
class IterBasedTrainLoop(EpochBasedTrainLoop):
    """Trains for a number of iterations, and validates after so many.

    Unlike in mmengine's, a pass over the training set is an epoch: what a
    setting counts in epochs, such as those without mosaic or the steps of a
    schedule, is counted in passes.

    Args:
        runner: mmengine's.
        dataloader: Of the training, or its config.
        max_iters: Iterations of the whole training.
        val_begin: The first iteration to be followed by a validation.
        val_interval: Iterations from one validation to the next.
        dynamic_intervals: Pairs of an iteration and the interval from there
            on.
    """

    by_epoch = False

    def __init__(
        self,
        runner: Runner,
        dataloader: DataLoader | dict,
        max_iters: int,
        val_begin: int = 1,
        val_interval: int = 1000,
        dynamic_intervals: list[tuple[int, int]] | None = None,
    ) -> None:
        super().__init__(
            runner, dataloader, 1, val_begin, val_interval, dynamic_intervals
        )
        self._max_iters = max_iters
        self._max_epochs = ceil(max_iters / len(self.dataloader))


def _init_worker(then: Callable[[int], None] | None, worker_id: int) -> None:
    """Keeps a data loader's worker alive: Slurm signals to all processes.

    It ends with its loader, or within seconds of a run that was killed.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if then is not None:
        then(worker_id)
