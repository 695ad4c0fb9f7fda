"""Settings that nothing would read, or that cannot be, refused by name.

mmengine builds the parts of a run one after the other, some of them hours
later, and what it then says of a misspelt name is a traceback.
"""

import inspect
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from importlib.util import find_spec
from math import inf

from mmengine.config import Config
from mmengine.hooks import CheckpointHook
from mmengine.registry import (
    DATA_SAMPLERS,
    DATASETS,
    HOOKS,
    LOOPS,
    METRICS,
    MODELS,
    OPTIM_WRAPPERS,
    OPTIMIZERS,
    PARAM_SCHEDULERS,
    TASK_UTILS,
    TRANSFORMS,
    VISBACKENDS,
    VISUALIZERS,
    DefaultScope,
    Registry,
)
from torch.utils.data import DataLoader

from ..errors import InputError
from .config_names import nearest

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
# Of a data loader, what mmengine itself reads.
_OF_MMENGINE = {
    *('dataset', 'sampler', 'batch_sampler', 'num_batch_per_epoch'),
}
# A module that a backend imports, and what pip calls it.
_BACKENDS = dict(
    TensorboardVisBackend='tensorboard',
    WandbVisBackend='wandb',
    MLflowVisBackend='mlflow',
    ClearMLVisBackend='clearml',
    NeptuneVisBackend='neptune',
    DVCLiveVisBackend='dvclive',
    AimVisBackend='aim',
)
# What other programs call them: no spelling is near.
_OTHER_WORDS = dict(
    learning_rate='lr', epochs='max_epochs', workers='num_workers'
)
_REGISTER = (
    'name a registered one, or the module that registers it in custom_imports.'
)


def check_settings(config: Config) -> None:
    """Looks at what a config says of training, test, data and logs.

    >>> config.merge_from_dict({'optim_wrapper.optimizer.learning_rate': 0.1})
    >>> check_settings(config)
    Traceback (most recent call last):
    ...
    InputError: optim_wrapper.optimizer.learning_rate is no setting of Adam: \
    use lr.

    Args:
        config: As :func:`~fer_yolo_mamba.engine.config.load_config` returns it.

    Raises:
        InputError: A type is not registered, a name is none of its arguments,
            a number cannot be, or a backend is not installed.
    """
    with DefaultScope.overwrite_default_scope(
        config.get('default_scope', 'mmyolo')
    ):
        _check_schedule(config)
        for loader in _LOADERS:
            if config.get(loader):
                _check_loader(config[loader], loader)
        _check_hooks(config)
        for name in ('val_evaluator', 'test_evaluator'):
            for where, metric in _listed(config.get(name), name):
                if metric.get('type') != 'Evaluator':
                    _check(metric, where, METRICS)
        _check_visualizer(config.get('visualizer'))
        _check_model(config.get('model'), 'model')


def _check_schedule(config: Config) -> None:
    if loop := config.get('train_cfg'):
        by_epoch = loop.get('by_epoch', True)
        kind = 'EpochBasedTrainLoop' if by_epoch else 'IterBasedTrainLoop'
        more = () if 'type' in loop else ('by_epoch',)
        _check(loop, 'train_cfg', LOOPS, kind, more)
        for name in ('max_epochs', 'max_iters', 'val_interval'):
            _at_least(1, loop, 'train_cfg', name)
    for name, kind in (('val_cfg', 'ValLoop'), ('test_cfg', 'TestLoop')):
        _check(config.get(name) or {}, name, LOOPS, kind)
    wrapper = config.get('optim_wrapper') or {}
    if 'constructor' not in wrapper:  # which reads what it likes
        more = ('paramwise_cfg',)
        _check(wrapper, 'optim_wrapper', OPTIM_WRAPPERS, 'OptimWrapper', more)
    optimizer = wrapper.get('optimizer')
    if isinstance(optimizer, dict):
        where = 'optim_wrapper.optimizer'
        _check(optimizer, where, OPTIMIZERS)
        rate = optimizer.get('lr', 1)
        if not (isinstance(rate, int | float) and 0 < rate < inf):
            raise InputError(
                f'{where}.lr is {rate!r}: give a number above 0, such as 0.001.'
            )
    name = 'param_scheduler'
    for where, part in _listed(config.get(name), name):
        if 'type' in part:
            _check(
                part, where, PARAM_SCHEDULERS, more=('convert_to_iter_based',)
            )


def _check_loader(loader: dict, where: str) -> None:
    known = _OF_MMENGINE | set(inspect.signature(DataLoader).parameters)
    _require_names(loader, where, 'a data loader', known)
    _at_least(1, loader, where, 'batch_size')
    _at_least(0, loader, where, 'num_workers')
    if loader.get('persistent_workers') and not loader.get('num_workers'):
        raise InputError(
            f'{where}.persistent_workers needs workers: give {where}.'
            'num_workers of 1 or more, or persistent_workers=False.'
        )
    if isinstance(loader.get('sampler'), dict):
        _check(loader.sampler, f'{where}.sampler', DATA_SAMPLERS)
    _check_data_set(loader.get('dataset'), f'{where}.dataset')


def _check_data_set(part: object, where: str) -> None:
    if not isinstance(part, dict):
        return
    _check(part, where, DATASETS)
    with _scope_of(part):
        _check_pipeline(part.get('pipeline'), f'{where}.pipeline')
        _check_data_set(part.get('dataset'), f'{where}.dataset')
        for inner, one in _listed(part.get('datasets'), f'{where}.datasets'):
            _check_data_set(one, inner)


def _scope_of(part: dict) -> AbstractContextManager:
    """The library whose names the parts within mean."""
    return DefaultScope.overwrite_default_scope(part.get('_scope_'))


def _check_pipeline(steps: object, where: str) -> None:
    for inner, step in _listed(steps, where):
        _check(step, inner, TRANSFORMS)
        _check_pipeline(step.get('pre_transform'), f'{inner}.pre_transform')


def _check_hooks(config: Config) -> None:
    given = dict(config.get('default_hooks') or {})
    for name, hook in given.items():
        where = f'default_hooks.{name}'
        if isinstance(hook, dict):
            if 'type' not in hook:
                others = [other for other in given if other != name]
                raise InputError(
                    f'{where} has no type: {_remedy(name, others)}'
                )
            _check(hook, where, HOOKS, more=('priority',))
            if hook['type'] == 'CheckpointHook':
                # It would take any name, and fail at its first checkpoint.
                known = {*inspect.signature(CheckpointHook).parameters}
                known |= {'priority'}
                _require_names(hook, where, 'CheckpointHook', known)
    for where, hook in _listed(config.get('custom_hooks'), 'custom_hooks'):
        _check(hook, where, HOOKS, more=('priority',))
        new = 'new_train_pipeline'
        _check_pipeline(hook.get(new), f'{where}.{new}')


def _check_visualizer(visualizer: object) -> None:
    if not isinstance(visualizer, dict):
        return
    _check(visualizer, 'visualizer', VISUALIZERS)
    where = 'visualizer.vis_backends'
    for inner, backend in _listed(visualizer.get('vis_backends'), where):
        _check(backend, inner, VISBACKENDS)
        module = _BACKENDS.get(str(backend['type']).split('.')[-1])
        if module and find_spec(module) is None:
            raise InputError(
                f'{inner} is {backend["type"]} and {module} is not installed: '
                f'pip install {module}, or take it out of {where}.'
            )


def _check_model(part: object, where: str) -> None:
    """Types and names, down to the last part.

    Of a layer the type alone: norm_cfg and its like hold more than its class
    takes.
    """
    for inner, one in _listed(part, where):
        # Those are no modules.
        is_other = inner.endswith('.nms') or 'init_cfg' in inner
        if isinstance(one.get('type'), str) and not is_other:
            kind = _type_of(one, inner, MODELS, TASK_UTILS)
            known = None if where.endswith('_cfg') else _arguments(kind)
            if known is not None:
                _require_names(one, inner, kind.__name__, known)
        with _scope_of(one):
            for name, value in one.items():
                _check_model(value, f'{inner}.{name}')


def _check(
    part: dict,
    where: str,
    registry: Registry,
    default: str | None = None,
    more: Collection[str] = (),
) -> None:
    """Refuses an unknown type, and names that its constructor does not take."""
    if not isinstance(part, dict):
        raise InputError(f'{where} is {part!r}: write dict(...) there.')
    kind = _type_of({'type': default, **part}, where, registry)
    known = _arguments(kind)
    if known is not None:
        _require_names(part, where, kind.__name__, {*known, *more})


def _type_of(part: dict, where: str, *registries: Registry) -> object:
    kind = part.get('type')
    if kind is not None and not isinstance(kind, str):
        return kind
    found = []
    for registry in registries if kind else ():
        # As a build finds it: first in the library of the config.
        with registry.switch_scope_and_registry(part.get('_scope_')) as own:
            found.append(own.get(kind))
    if not any(found):
        names = [name for one in registries for name in _registered(one)]
        said = f'is {kind!r}, which is not known' if kind else 'is missing'
        remedy = _remedy(str(kind), names, _REGISTER)
        raise InputError(f'{where}.type {said}: {remedy}')
    return next(filter(None, found))


def _registered(registry: Registry) -> Iterable[str]:
    """Names in mmengine's registry and in each library's, as they are used."""
    yield from registry.module_dict
    for scope, child in registry.children.items():
        is_default = scope == DefaultScope.get_current_instance().scope_name
        yield from (
            name if is_default else f'{scope}.{name}'
            for name in child.module_dict
        )


def _arguments(kind: object) -> set[str] | None:
    """Names that a constructor takes; None if it may take any."""
    names: set[str] = set()
    bases = kind.__mro__ if inspect.isclass(kind) else ()
    inits = [vars(base).get('__init__') for base in bases]
    for function in filter(None, inits or [kind]):
        parameters = inspect.signature(function).parameters.values()
        names |= {parameter.name for parameter in parameters}
        if all(one.kind is not one.VAR_KEYWORD for one in parameters):
            return names
    return None


def _require_names(
    part: dict, where: str, whose: str, known: Collection[str]
) -> None:
    for name in part:
        if name not in known and name not in ('type', '_scope_'):
            raise InputError(
                f'{where}.{name} is no setting of {whose}: '
                f'{_remedy(name, known)}'
            )


def _remedy(name: str, known: Iterable[str], *otherwise: str) -> str:
    known = set(known)
    other = _OTHER_WORDS.get(name)
    if other in known:
        return f'use {other}.'
    return nearest(name, known, *otherwise)


def _at_least(least: int, part: dict, where: str, name: str) -> None:
    value = part.get(name, least)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(
            f'{where}.{name} is {value!r}: give a whole number of {least} or '
            'more.'
        )


def _listed(parts: object, where: str) -> list[tuple[str, dict]]:
    """Dictionaries of a list, or the one that stands for a list."""
    if isinstance(parts, dict):
        return [(where, parts)]
    if not isinstance(parts, list | tuple):
        return []
    return [
        (f'{where}[{index}]', part)
        for index, part in enumerate(parts)
        if isinstance(part, dict)
    ]
