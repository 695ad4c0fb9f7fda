"""The package's floors: nothing imports upward or sideways."""

import ast
from pathlib import Path

import pytest

import fer_yolo_mamba

PACKAGE = Path(fer_yolo_mamba.__file__).parent

# What the modules of each folder may import from this package, beside their
# own folder. These three lie under everything.
BASEMENT = {'atomic_write', 'errors', 'expressions'}
GROUND = {'compat', 'ops', 'datasets', 'evaluation'}
MIDDLE = {'models', 'engine', 'visualization'}
ALLOWED = {
    **{name: BASEMENT for name in GROUND},
    **{name: BASEMENT | GROUND for name in MIDDLE},
    'apis': BASEMENT | GROUND | MIDDLE,
    'benchmark': BASEMENT | GROUND | MIDDLE | {'apis'},
}


def imported_parts(path):
    """First parts, below the package, of what a module imports."""
    package = path.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = package[: len(package) - node.level + 1] if node.level else ()
        target = (*base, *(node.module or '').split('.'))
        names = [alias.name for alias in node.names]
        parts = [part for part in target if part] or [package[0]]
        if parts[0] == PACKAGE.name:
            yield from [parts[1]] if len(parts) > 1 else names


@pytest.mark.parametrize('floor', sorted(ALLOWED))
def test_nothing_imports_upward(floor):
    modules = list((PACKAGE / floor).rglob('*.py'))
    assert modules
    wrong = {
        f'{module.relative_to(PACKAGE)} imports {part}'
        for module in modules
        for part in imported_parts(module)
        if part not in ALLOWED[floor] | {floor}
    }
    assert wrong == set()


def test_every_folder_has_its_floor():
    folders = {path.parent.name for path in PACKAGE.glob('*/__init__.py')}
    assert folders == ALLOWED.keys()
