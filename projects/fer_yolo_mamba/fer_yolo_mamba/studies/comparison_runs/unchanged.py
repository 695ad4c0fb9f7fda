"""Keeps runs of different configs or data apart."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mmengine.config import Config

from ...engine.runner import latest_checkpoint
from ...errors import InputError
from .run import Run
from .run_record import RunRecord, config_text

_ABSENT = 'absent'
# Of the resolved config: what train.py itself sets.
_SET_BY_TRAINING = ('launcher', 'load_from', 'resume')


def continued(run: Run, described: RunRecord) -> RunRecord:
    """The record to go on from: the folder's own, if it is the same run.

    Nothing is asked of a folder from which nothing would be kept, such as
    that of a run whose config was at fault at first.

    Args:
        run: The run.
        described: Its record as it would be if it started now.

    Returns:
        ``described``, with what an earlier start has reached.

    Raises:
        InputError: Another config or other data were used for what the
            folder holds.
    """
    earlier = RunRecord.read(run.folder)
    if earlier is None:
        if latest_checkpoint(run.folder):
            raise InputError(
                f'{run.folder} holds checkpoints of a training that has no '
                'record: name another --work-dir.'
            )
        return described
    if not earlier.finished and not latest_checkpoint(run.folder):
        return described
    if earlier.config_hash != described.config_hash:
        raise InputError(
            f'{run.folder} holds a run of another config '
            f'({_changed_field(run)}): name another --work-dir, or undo the '
            'change.'
        )
    for path, digest in described.data.items():
        if digest != earlier.data.get(path):
            raise InputError(
                f'{run.folder} holds a run on other data (images or '
                f'annotations of {path}, or that file, have changed since): '
                'name another --work-dir, or undo the change.'
            )
    if earlier.finished:
        return earlier
    return replace(described, started=earlier.started, trained=earlier.trained)


def _changed_field(run: Run) -> str:
    """The first value in which the folder's resolved config differs."""
    dumped = run.folder / Path(run.config).name
    if not dumped.is_file():
        return f'{run.config} has changed since'
    before = _flat(Config.fromfile(dumped, import_custom_modules=False))
    after = _flat(run.load())
    changed = sorted(
        (
            key
            for key in before.keys() | after.keys()
            if before.get(key, _ABSENT) != after.get(key, _ABSENT)
        ),
        # Those that train.py sets come last: a resumed run changes them, too.
        key=lambda key: (key in _SET_BY_TRAINING, key),
    )
    if not changed:
        return f'{run.config} has changed since'
    key = changed[0]
    return (
        f'{key} is {after.get(key, _ABSENT)} and was {before.get(key, _ABSENT)}'
    )


def _flat(config: Config) -> dict[str, object]:
    return dict(_leaves('', json.loads(config_text(config))))


def _leaves(key: str, value: object) -> Iterator[tuple[str, object]]:
    """Dotted keys and values of what JSON holds."""
    if isinstance(value, dict) and value:
        parts = value.items()
    elif isinstance(value, list) and value:
        parts = enumerate(value)
    else:
        yield key, value
        return
    for name, part in parts:
        yield from _leaves(f'{key}.{name}' if key else str(name), part)
