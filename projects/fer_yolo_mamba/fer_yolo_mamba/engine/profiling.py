"""Where a training spends its time: a table of its parts, and a trace."""

import gzip
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.nn as nn
from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook, EMAHook, Hook
from mmengine.runner import Runner
from torch import Tensor

from ..files import write_atomically

# What remains of a loop that does nothing else itself.
_WAITING = 'waiting for pictures'
_FORWARD, _BACKWARD = 'forward: {}', 'backward: {}'
_OTHERS = 'other hooks and logging'
_ITSELF = 'the profile itself'
_TRACED_STEPS = 2


class PartTimer:
    """Seconds of each part of a program, without those of parts within it.

    Args:
        wait: Called before the clock is read, such as to wait for a GPU.

    Attributes:
        seconds: By name of the part.
    """

    def __init__(self, wait: Callable[[], object] = lambda: None) -> None:
        self.seconds: Counter[str] = Counter()
        self._wait = wait
        self._parts = [_WAITING]
        self._since = time.perf_counter()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What is done inside is of this part, and has its name in a trace."""
        self._charge()
        self._parts.append(name)
        try:
            with torch.profiler.record_function(name):
                yield
        finally:
            self._charge()
            self._parts.pop()

    def go_on_as(self, name: str) -> None:
        """What follows within the innermost part is of this one."""
        self._charge()
        self._parts[-1] = name

    def finish(self) -> None:
        """Takes in the time up to now."""
        self._charge()

    def _charge(self) -> None:
        self._wait()
        now = time.perf_counter()
        self.seconds[self._parts[-1]] += now - self._since
        self._since = now


class ProfileHook(Hook):
    """Times the parts of the first epoch, with its validation and checkpoint.

    ``profile.md`` in the run's folder is the table; ``trace.json.gz``, of the
    second and third step, opens in chrome://tracing or ui.perfetto.dev. On a
    GPU every part waits for the one before, so that the table's times are true
    and their sum is more than an epoch's without it.

    The backward pass is told apart where the gradients of the neck's and the
    backbone's outputs arrive.
    """

    # Among the first to be called, as it then wraps all others.
    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self._timer: PartTimer | None = None
        self._profiler: torch.profiler.profile | None = None
        self._wrapped: list[tuple[object, str]] = []
        self._steps = 0

    def before_train_epoch(self, runner: Runner) -> None:
        """Begins with the first epoch, ends with the next."""
        if self._steps:
            self._finish(runner)
        elif is_main_process():
            self._begin(runner)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Counts a step."""
        if self._profiler:
            self._steps += 1
            with self._timer.part(_ITSELF):
                self._profiler.step()

    def after_train(self, runner: Runner) -> None:
        """Ends where there was one epoch."""
        self._finish(runner)

    def _begin(self, runner: Runner) -> None:
        on_gpu = torch.cuda.is_available()
        self._timer = PartTimer(
            torch.cuda.synchronize if on_gpu else lambda: None
        )
        trace = Path(runner.work_dir) / 'trace.json.gz'
        self._profiler = torch.profiler.profile(
            schedule=torch.profiler.schedule(
                wait=0, warmup=1, active=_TRACED_STEPS, repeat=1
            ),
            on_trace_ready=partial(_write_trace, trace),
        )
        self._profiler.start()
        self._wrap(runner, 'call_hook', _OTHERS)
        self._wrap(runner.val_loop, 'run', 'validation')
        for hook in runner.hooks:
            if isinstance(hook, EMAHook):
                self._wrap(hook, 'after_train_iter', 'moving average')
            if isinstance(hook, CheckpointHook):
                self._wrap(hook, 'after_train_epoch', 'checkpoint')
        wrapper = runner.optim_wrapper
        self._wrap(wrapper, 'backward', _BACKWARD.format('loss and head'))
        self._wrap(wrapper, 'step', 'optimizer')
        self._wrap(wrapper, 'zero_grad', 'optimizer')
        model = getattr(runner.model, 'module', runner.model)
        self._wrap(runner.model, 'train_step', 'rest of a step')
        self._wrap(model.data_preprocessor, 'forward', 'pictures to the device')
        for name in ('backbone', 'neck', 'bbox_head'):
            part = getattr(model, name, None)
            if part is None:
                continue
            self._wrap(part, 'forward', _FORWARD.format(name))
            if name == 'bbox_head':
                self._wrap(part, 'loss_by_feat', 'assignment and losses')
            else:
                self._tell_backward(part, name)

    def _wrap(self, owner: object, method: str, name: str) -> None:
        function = getattr(owner, method, None)
        if function is None:
            return

        @wraps(function)
        def timed(*args, **kwargs):
            with self._timer.part(name):
                return function(*args, **kwargs)

        # Into the instance; its module is not to register what is called.
        vars(owner)[method] = timed
        self._wrapped.append((owner, method))

    def _tell_backward(self, part: nn.Module, name: str) -> None:
        """Has the part's backward pass begin with its last gradient."""
        forward = part.forward

        def followed(*args, **kwargs):
            outputs = forward(*args, **kwargs)
            awaited = [x for x in outputs if x.requires_grad]
            # No list of tensors: they would hold themselves by their hooks.
            come, last = count(1), len(awaited)
            for x in awaited:
                x.register_hook(partial(self._gradient_came, name, come, last))
            return outputs

        vars(part)['forward'] = followed

    def _gradient_came(
        self, name: str, come: Iterator[int], last: int, _: Tensor
    ) -> None:
        if next(come) == last and self._timer:
            self._timer.go_on_as(_BACKWARD.format(name))

    def _finish(self, runner: Runner) -> None:
        if not self._timer:
            return
        self._profiler.stop()
        self._timer.finish()
        del self._timer.seconds[_ITSELF]
        for owner, method in self._wrapped:
            vars(owner).pop(method, None)
        path = Path(runner.work_dir) / 'profile.md'
        table = profile_table(self._timer.seconds, self._steps)
        write_atomically(path, table)
        runner.logger.info(f'Where the time went, in {path}:\n{table}')
        self._timer = self._profiler = None
        self._wrapped.clear()


def _write_trace(path: Path, profiler: torch.profiler.profile) -> None:
    with TemporaryDirectory() as folder:
        plain = Path(folder, 'trace.json')
        profiler.export_chrome_trace(str(plain))
        write_atomically(path, gzip.compress(plain.read_bytes()))


def profile_table(seconds: dict[str, float], steps: int) -> str:
    """A table in Markdown, the longest part first.

    Args:
        seconds: Of each part.
        steps: Of the training in them.
    """
    whole = sum(seconds.values())
    rows = [
        f'| {name} | {value:.2f} | {value / steps * 1000:.1f} | '
        f'{value / whole:.1%} |'
        for name, value in sorted(seconds.items(), key=lambda row: -row[1])
    ]
    return '\n'.join(
        (
            f'| part of {steps} steps | s | ms a step | share |',
            '| --- | ---: | ---: | ---: |',
            *rows,
            f'| all | {whole:.2f} | {whole / steps * 1000:.1f} | |',
            '',
        )
    )
