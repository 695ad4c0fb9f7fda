"""Whether a checkpoint is one of this run, before any of it is taken over.

mmengine loads what fits and logs the rest, and sets whatever state a file
gives: a wrong checkpoint would end in figures that look like a bad model's, or
in a traceback hours later.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
from mmengine.hooks import CheckpointHook, EMAHook, Hook
from mmengine.logging import HistoryBuffer, print_log
from mmengine.model.weight_init import PretrainedInit, update_init_info
from mmengine.optim import OptimWrapper
from mmengine.registry import WEIGHT_INITIALIZERS
from mmengine.runner import Runner

from ..errors import InputError
from .checkpoints import (
    forms_of,
    read_checkpoint,
    require_fit,
    weights_of,
)

_MOST_SEED = 2**32 - 1
_MOST_STEPS = 2**40
_NAMES_SHOWN = 5


class CheckpointFitHook(Hook):
    """Refuses a checkpoint of another network, or of another training.

    Names of files in it, which mmengine removes when it has newer ones, come
    to mean files of the run's own folder.
    """

    # Before the moving average takes it over.
    priority = 'VERY_HIGH'

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compares with the network, and with the training if it goes on.

        Raises:
            InputError: Something differs.
        """
        path = runner._load_from or 'of the run'
        require_fit(runner.model, checkpoint, path)
        if runner._resume:
            _require_training(runner, checkpoint, path)
            _keep_names_in_folder(
                runner, checkpoint['message_hub']['runtime_info']
            )


@WEIGHT_INITIALIZERS.register_module(name='Pretrained', force=True)
class FittingPretrainedInit(PretrainedInit):
    """mmengine's `Pretrained`, which says what it takes, and takes no less.

    >>> model = dict(backbone=dict(init_cfg=dict(
    ...     type='Pretrained', checkpoint='a.pth', prefix='backbone.')))

    It is how to begin with a part of other weights, those of another number
    of classes for one: what has another shape is left out and listed.
    """

    def __call__(self, module: nn.Module) -> None:
        """Loads what fits.

        Raises:
            InputError: The checkpoint cannot be read, or less than half of
                the module's weights are in it.
        """
        prefix = self.prefix.rstrip('.') + '.' if self.prefix else ''
        own = module.state_dict()
        given = {
            name.removeprefix(prefix): value
            for name, value in weights_of(
                read_checkpoint(self.checkpoint)
            ).items()
            if name.startswith(prefix)
        }
        forms, own_forms = forms_of(given), forms_of(own)
        other = {
            name
            for name in own.keys() & given.keys()
            if own_forms[name] != forms[name]
        }
        fitting = {name: given[name] for name in given if name not in other}
        # Whose names a module may read as others, of another shape.
        with misfits_refused(self.checkpoint):
            missing, _ = module.load_state_dict(fitting, strict=False)
        left = {*missing, *other}
        sizes = {name: value.numel() for name, value in own.items()}
        if 2 * sum(sizes[name] for name in left) > sum(sizes.values()):
            raise InputError(
                f'init_cfg: {len(left)} of the {len(own)} weights of '
                f'{type(module).__name__} are not in {self.checkpoint}, or of '
                f'another shape ({_some(left)}): name a checkpoint of such a '
                'network, or begin from random weights with init_cfg=None.'
            )
        if left := [x for x in left if not x.endswith('num_batches_tracked')]:
            print_log(
                f'{type(module).__name__} has all weights of '
                f'{self.checkpoint} but {_some(left)}.',
                'current',
                logging.WARNING,
            )
        if hasattr(module, '_params_init_info'):
            update_init_info(module, init_info=self._get_init_info())


@contextmanager
def misfits_refused(path: object) -> Iterator[None]:
    """Inside, whatever fails is the checkpoint's fault.

    Args:
        path: The checkpoint's, for the message.

    Raises:
        InputError: Something failed.
    """
    try:
        yield
    except (InputError, OSError):
        raise
    except Exception as error:
        raise _misfit(path, ' '.join(str(error).split())[:200]) from error


def _require_training(
    runner: Runner, checkpoint: Mapping, path: object
) -> None:
    """Refuses what is no state of this training, in kind and in shape."""
    parts = ['message_hub', 'optimizer']
    if runner.param_schedulers is not None:
        parts.append('param_schedulers')
    for part in parts:
        if part not in checkpoint:
            raise InputError(
                f'checkpoint {path} holds weights and not how far a training '
                f'was (no {part}): begin a new run from it, with --cfg-options '
                f'load_from={path} in place of --resume.'
            )
    _require_progress(checkpoint, path)
    for hook in runner.hooks:
        if isinstance(hook, EMAHook) and 'ema_state_dict' in checkpoint:
            own = hook.ema_model.state_dict()
            if not _is_alike(own, checkpoint['ema_state_dict']):
                raise _misfit(path, 'its moving average is of another network')
    if type(runner.optim_wrapper) is OptimWrapper:
        _require_optimizer(runner, checkpoint['optimizer'], path)
    schedulers = runner.param_schedulers
    if isinstance(schedulers, list):
        given = checkpoint['param_schedulers']
        if type(given) is not list:
            raise _misfit(path, 'its schedule is no list')
        for own, one in zip(schedulers, given, strict=False):
            state = own.state_dict()
            if not (
                isinstance(one, dict)
                and one.keys() <= state.keys()
                and all(_is_alike(state[key], one[key]) for key in one)
            ):
                raise _misfit(path, 'its schedule is of another kind')


def _require_progress(checkpoint: Mapping, path: object) -> None:
    meta, hub = checkpoint['meta'], checkpoint['message_hub']
    seed = meta.get('seed')
    if not (
        all(
            type(meta.get(name)) is int and 0 <= meta[name] < _MOST_STEPS
            for name in ('epoch', 'iter')
        )
        and (seed is None or (type(seed) is int and 0 <= seed <= _MOST_SEED))
    ):
        raise _misfit(path, 'it does not say how far it is')
    if not (
        isinstance(hub, dict)
        and hub.keys() == {'log_scalars', 'runtime_info', 'resumed_keys'}
        and all(
            isinstance(part, dict) and all(type(key) is str for key in part)
            for part in hub.values()
        )
        and all(type(x) is HistoryBuffer for x in hub['log_scalars'].values())
    ):
        raise _misfit(path, 'its log is of another kind')


def _require_optimizer(runner: Runner, given: object, path: object) -> None:
    optimizer = runner.optim_wrapper.optimizer
    own = optimizer.state_dict()['param_groups']
    shapes = [
        value.shape
        for group in optimizer.param_groups
        for value in group['params']
    ]
    if not (
        isinstance(given, dict)
        and _is_alike(own, given.get('param_groups'))
        and isinstance(given.get('state'), dict)
        and all(
            type(number) is int
            and 0 <= number < len(shapes)
            and isinstance(state, dict)
            and all(
                value.shape in ((), shapes[number])
                for value in state.values()
                if isinstance(value, torch.Tensor)
            )
            for number, state in given['state'].items()
        )
    ):
        raise _misfit(path, 'its optimizer is of another network')


def _is_alike(own: object, given: object) -> bool:
    """Whether two states have the same names, shapes and kinds of values."""
    if isinstance(own, torch.Tensor):
        return isinstance(given, torch.Tensor) and own.shape == given.shape
    if isinstance(own, Counter):  # milestones, which a new schedule may move
        return isinstance(given, Counter) and all(map(_is_number, given))
    if isinstance(own, dict):
        return (
            isinstance(given, dict)
            and own.keys() == given.keys()
            and all(_is_alike(own[key], given[key]) for key in own)
        )
    if isinstance(own, list | tuple):
        return (
            isinstance(given, list | tuple)
            and len(own) == len(given)
            and all(map(_is_alike, own, given))
        )
    if _is_number(own) or own is None:
        return _is_number(given) or given is None
    return type(own) is type(given)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and value == value


def _keep_names_in_folder(runner: Runner, info: dict) -> None:
    """Lets no name lead out of the folder in which mmengine removes files.

    A run that was moved finds its own again, too.
    """
    folders = [x.out_dir for x in runner.hooks if isinstance(x, CheckpointHook)]
    folder = Path(runner.work_dir)
    if folders and folders[0] and folders[0] != runner.work_dir:
        folder = Path(folders[0], folder.name)
    for key, value in list(info.items()):
        if key.startswith(('best_ckpt', 'last_ckpt')):
            name = Path(value).name if type(value) is str else ''
            info[key] = str(folder / name) if name.endswith('.pth') else None
        is_no_list = key == 'keep_ckpt_ids' and not (
            type(value) is list
            and all(type(x) is int and x >= 0 for x in value)
        )
        if is_no_list or (
            key.startswith('best_score') and not _is_number(value)
        ):
            del info[key]


def _misfit(path: object, what: str) -> InputError:
    return InputError(
        f'checkpoint {path} is none of this training ({what}): resume from one '
        'that it wrote, with the config that it was trained with, or begin a '
        'new run.'
    )


def _some(names: set[str]) -> str:
    shown = ', '.join(f'{name[:80]!a}' for name in sorted(names)[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f'{shown} and {more} more' if more > 0 else shown
