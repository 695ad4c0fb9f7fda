"""Names at the top of a config: those that something reads, and the others."""

import ast
import difflib
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner

#: What a run is made of: the rest of a config are parts that others were
#: written with.
READ_NAMES = {
    *inspect.signature(Runner.__init__).parameters,
    # What the runner looks for in the config itself.
    *('activation_checkpointing', 'compile', 'efficient_conv_bn_eval'),
    *('find_unused_parameters', 'model_wrapper_cfg', 'sync_bn'),
    # What `load_config` looks for.
    *('classes', 'custom_imports', 'input_side'),
} - {'self', 'cfg'}
# What other programs call them: no spelling is near.
_OTHER_WORDS = dict(
    img_scale='input_side',
    input_size='input_side',
    img_size='input_side',
    image_size='input_side',
    imgsz='input_side',
    num_classes='classes',
    class_names='classes',
)


def unread_names(path: Path, options: Iterable[str] = ()) -> list[str]:
    """Names that a user set and nothing reads.

    Args:
        path: A config in Python. Its bases of the same project are looked at,
            too, but for folders `_base_`, whose parts wait to be used.
        options: Values that were changed, by dotted key.

    Returns:
        The names, in alphabetical order.
    """
    changed = {option.split('.')[0] for option in options}
    names = {*_unused(path, set()), *changed} - READ_NAMES
    return sorted(name for name in names if name[0] != '_')


def instead_of(name: str, config: Config) -> str:
    """What to do about a name that nothing reads.

    >>> instead_of('max_epochs', config)
    'use train_cfg.max_epochs.'
    """
    if near := _OTHER_WORDS.get(name):
        return f'use {near}.'
    for key in sorted(READ_NAMES & set(config)):
        if place := next(_places(config[key], name, key), None):
            return f'use {place}.'
    return nearest(name, READ_NAMES)


def nearest(
    name: str, known: Iterable[str], otherwise: str = 'leave it out.'
) -> str:
    """What to do about a name that is none of those that are known.

    Args:
        name: That name.
        known: Of which one like it is named.
        otherwise: What to do where none is like it.
    """
    near = difflib.get_close_matches(name, known, 1)
    return f'use {near[0]}.' if near else otherwise


def _unused(path: Path, used: set[str]) -> Iterator[str]:
    """Names set in a config and its bases that none of them works with.

    Args:
        path: The config.
        used: Names that those which inherit it take from their bases.
    """
    if path.suffix != '.py' or not path.is_file():
        return
    text = path.read_text(encoding='utf-8')
    program = ast.parse(text)
    names = [node for node in ast.walk(program) if isinstance(node, ast.Name)]
    own = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    used = used | set(re.findall(r'_base_\.(\w+)', text))
    for statement in program.body:
        if not isinstance(statement, ast.Assign):
            continue
        targets = {
            part.id
            for part in ast.walk(ast.Tuple(statement.targets))
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        if '_base_' in targets:
            for base in ast.walk(statement.value):
                base = getattr(base, 'value', None)
                if isinstance(base, str) and '::' not in base:
                    yield from _unused(path.parent / base, used)
        if '_base_' not in path.parts:
            yield from targets - own - used


def _places(part: object, name: str, where: str) -> Iterator[str]:
    """Dotted keys of a part of a config that end in a name."""
    if isinstance(part, list | tuple):
        part = dict(enumerate(part))
    if isinstance(part, dict):
        if name in part:
            yield f'{where}.{name}'
        for key, value in part.items():
            yield from _places(value, name, f'{where}.{key}')
