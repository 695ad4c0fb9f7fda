"""A training: where it starts, and how it ends where something goes wrong."""

import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from mmengine.dist import broadcast_object_list, get_rank
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop

from ..compat.distributed import is_lost_connection
from ..errors import InputError
from ..evaluation import last_validation
from .classes import follow_classes, training_classes
from .loops import stopping_at_signals
from .resuming import ResumeHook
from .run_folder import (
    begin_run,
    is_used,
    locked,
    resumable_checkpoint,
    run_id,
    set_aside,
    whole_checkpoint,
)
from .runner import build_runner, join_processes
from .safeguards import require_finite_weights


def train(
    config: Config,
    launcher: str = 'none',
    resume: bool | str | Path = False,
    overwrite: bool = False,
    skip_nonfinite: int = 0,
    hooks: Sequence[Hook] = (),
) -> None:
    """Trains the model of a config in its run folder, alone there.

    SIGTERM and SIGUSR1 end it within a step, resumable; see
    :func:`~.loops.stopping_at_signals`.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        launcher: See :func:`build_runner`.
        resume: Whether to go on from the last checkpoint in the folder, if
            there is one; or a checkpoint to go on from.
        overwrite: Whether to move an earlier run in the folder aside.
        skip_nonfinite: Steps with a loss that is not finite to leave out,
            before the training stops.
        hooks: Further ones than the config's.

    Raises:
        InputError: Another run is at work in the folder or has been, the
            training diverged, or see :func:`build_runner`.
    """
    with _lost_told():
        join_processes(config, launcher)
    is_first = get_rank() == 0
    if classes := training_classes(config):
        told = follow_classes(config, classes, 'the training set')
        if told and is_first:
            print(told)
    lock = locked(config.work_dir) if is_first else nullcontext()
    with _lost_told(), lock:
        start = _decided_by_first(
            lambda: _find_start(config, resume, overwrite)
        )
        if start is None:
            return
        if start.checkpoint:
            config.resume, config.load_from = True, start.checkpoint
        runner = build_runner(config, launcher, skip_nonfinite)
        for hook in (ResumeHook(start.run_id), *hooks):
            runner.register_hook(hook)
        with stopping_at_signals(), _killed_workers_told():
            try:
                runner.train()
            except InputError:
                raise
            except Exception as error:
                if is_lost_connection(error):
                    raise
                # An assigner meets what is not finite before any loss does.
                if isinstance(runner._train_loop, BaseLoop):
                    require_finite_weights(runner, runner.iter + 1)
                raise


def end_of_run(
    config: Config, checkpoint: str | Path, meta: dict
) -> str | None:
    """What to tell of a run that has nothing left to do, else None.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.
        checkpoint: The run's last one.
        meta: What that says of itself.

    Raises:
        InputError: ``metrics.csv`` in the run's folder is of another kind.
    """
    for length, unit in (('max_epochs', 'epoch'), ('max_iters', 'iter')):
        planned = config.train_cfg.get(length)
        done = meta.get(unit)
        if planned is None or type(done) is not int or done < planned:
            continue
        keeps_metrics = any(
            hook.type == 'PerClassF1Hook'
            for hook in config.get('custom_hooks') or []
        )
        folder = Path(config.work_dir)
        is_own = Path(checkpoint).resolve().parent == folder.resolve()
        if is_own and config.get('val_cfg') and keeps_metrics:
            validated = last_validation(folder / 'metrics.csv') or 0
            if validated < planned:
                return None  # killed in its last validation
        return (
            f'{checkpoint} is the end of a finished run, {unit} '
            f'{done} of {planned}, so there is nothing to resume: '
            f'test it (tools/test.py), give it more with --cfg-options '
            f'train_cfg.{length}={2 * planned} (the schedule of its '
            'learning rate does not begin again), or start anew in '
            'another --work-dir.'
        )
    return None


@dataclass(frozen=True)
class _Start:
    """Whence a training starts.

    Attributes:
        checkpoint: To go on from; None for the beginning.
        run_id: See :mod:`.run_folder`.
    """

    checkpoint: str | None
    run_id: str | None


def _find_start(
    config: Config, resume: bool | str | Path, overwrite: bool
) -> _Start | None:
    """None where there is nothing left to do."""
    folder = Path(config.work_dir)
    if config.get('resume') and not resume:  # as mmengine would have it
        resume = config.get('load_from') or True
    if overwrite:
        _set_aside(config, folder)
    if resume is True:
        found = resumable_checkpoint(folder)
    elif resume:
        found = Path(resume), whole_checkpoint(resume).get('meta', {})
    else:
        found = None
    if found is None:
        if is_used(folder) and not resume:
            raise InputError(
                f'{folder} holds an earlier run: add --resume to go on with '
                'it, --overwrite to move it aside, or name another --work-dir.'
            )
        if resume:
            print(f'{folder} holds no checkpoint: the training begins.')
        given = config.get('load_from')
        if given and '://' not in given:
            whole_checkpoint(given)  # now, and not after the data is read
        return _Start(None, begin_run(folder))
    path, meta = found
    own = run_id(folder)
    if is_used(folder) and own is not None and meta.get('run_id') != own:
        raise InputError(
            f'{path} is of another run than {folder}: name another --work-dir '
            'to go on from it there.'
        )
    if told := end_of_run(config, path, meta):
        print(told)
        return None
    print(f'Going on from {path}.')
    goes_on = resume is True or is_used(folder)
    return _Start(str(path), own if goes_on else begin_run(folder))


def _set_aside(config: Config, folder: Path) -> None:
    """Of a folder that an earlier run has used."""
    given = config.get('load_from')
    if given and Path(given).resolve().parent == folder.resolve():
        raise InputError(
            f'{given} lies in the folder that --overwrite moves aside: name '
            'another --work-dir.'
        )
    if is_used(folder):
        print(f'The earlier run in {folder} is now in {set_aside(folder)}.')


def _decided_by_first(decide: Callable[[], _Start | None]) -> _Start | None:
    """Hands on what the first process decides; None where it fails."""
    said = [None]
    try:
        if get_rank() == 0:
            said = [decide()]
    finally:
        broadcast_object_list(said)
    return said[0]


@contextmanager
def _lost_told() -> Iterator[None]:
    """Says in one line that another process of the run is gone."""
    try:
        yield
    except Exception as error:
        if not is_lost_connection(error):
            raise
        # Without gloo's source file before it, and its advice after it.
        said = str(error).partition('] ')[2] or str(error)
        raise InputError(
            f'rank {os.environ.get("RANK")} on {socket.gethostname()} '
            'cannot reach another process of the run '
            f'({said.partition(". ")[0]:.120}), which was '
            'most likely killed or whose machine is down: its launcher names '
            'it; --resume goes on from the last checkpoint, or begins anew '
            'where there is none yet.'
        ) from error


@contextmanager
def _killed_workers_told() -> Iterator[None]:
    """Says in one line why a worker of a data loader may have been killed."""
    try:
        yield
    except RuntimeError as error:
        if not re.search(r'DataLoader worker .*(killed|exited)', str(error)):
            raise
        raise InputError(
            f'{str(error).split(". ")[0].strip()}, most likely because memory '
            'ran out: take fewer workers (train_dataloader.num_workers=1), a '
            'smaller batch (train_dataloader.batch_size=4) or, in a container, '
            'more shared memory (docker run --shm-size=8g); --resume then goes '
            'on from the last checkpoint, or begins anew where there is none '
            'yet.'
        ) from error
