"""The package's rooms: nothing imports upward or in a circle."""

import ast
import re
from pathlib import Path

import pytest

import fer_yolo_mamba

PACKAGE = Path(fer_yolo_mamba.__file__).parent

# What the modules of each room may import from this package, beside their
# own room and the names that know nothing else.
ROOT = {'downloads', 'errors', 'expressions', 'faces', 'files', 'inputs'}
ALLOWED = {
    'compat': set(),
    'ops': set(),
    'datasets': set(),
    'evaluation': set(),
    'models': {'ops'},
    'engine': {'compat', 'evaluation'},
    'visualization': {'evaluation', 'datasets'},
    'deploy': {'models', 'engine', 'ops'},
    'apis': {'models', 'engine', 'visualization', 'datasets', 'deploy'},
    'reports': {'datasets', 'evaluation', 'visualization'},
    'web': {'apis'},
    'studies': {
        *('compat', 'ops', 'datasets', 'evaluation', 'models', 'engine'),
        *('visualization', 'deploy', 'apis', 'reports'),
    },
}
ALLOWED['cli'] = {*ALLOWED, '__version__'}
# Data, no code.
NO_CODE = {'weights'}
ROOMS = sorted(path.parent.name for path in PACKAGE.glob('*/__init__.py'))


def imported(path):
    """What a module imports of the package: its path below it, as parts."""
    package = path.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            targets = [alias.name.split('.') for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            source = [
                *(base if node.level else ()),
                *(node.module.split('.') if node.module else ()),
            ]
            targets = [[*source, alias.name] for alias in node.names]
        else:
            continue
        yield from (
            target[1:] for target in targets if target[0] == PACKAGE.name
        )


def wrong_imports(modules, is_wrong):
    return {
        f'{module.relative_to(PACKAGE)} imports {".".join(target)}'
        for module in modules
        for target in imported(module)
        if is_wrong(target)
    }


@pytest.mark.parametrize('room', ROOMS)
def test_nothing_imports_upward(room):
    allowed = ROOT | ALLOWED[room] | {room}
    assert not wrong_imports(
        (PACKAGE / room).rglob('*.py'), lambda target: target[0] not in allowed
    )


def test_rooms_have_no_circle():
    seen = set()
    for room, allowed in ALLOWED.items():
        assert allowed - {'__version__'} <= seen, room
        seen.add(room)


def test_every_room_is_in_the_table():
    assert set(ROOMS) - NO_CODE <= ALLOWED.keys()
    for name in NO_CODE & set(ROOMS):
        assert not list((PACKAGE / name).rglob('[!_]*.py'))


def test_the_page_says_the_same(repository):
    path = repository / 'projects/fer_yolo_mamba/README.md'
    page = path.read_text(encoding='utf-8')
    rows = re.findall(r'^\| `(\w+)/` \| [^|]+ \|(.*)\|$', page, re.M)
    rooms = [room for room, _ in rows]
    assert {*rooms} == set(ROOMS) - NO_CODE
    for place, (room, imports) in enumerate(rows):
        below = {*rooms[place + 1 :]}
        named = below if 'all below' in imports else {*imports.split('`')[1::2]}
        assert named == ALLOWED[room] & {*rooms}, room
        assert named <= below, room


def test_shared_names_know_nothing_else():
    shared = [PACKAGE / f'{name}.py' for name in ROOT]
    assert not wrong_imports(
        [path for path in shared if path.exists()],
        lambda target: target[0] not in ROOT,
    )


def test_reading_a_set_knows_no_other_use_of_it():
    folder = PACKAGE / 'datasets'
    below = {path.name for path in folder.iterdir() if path.is_dir()}
    assert {'checks', 'composition', 'converters', 'drawn_faces'} <= below
    assert not wrong_imports(
        folder.glob('*.py'),
        lambda target: target[0] == 'datasets' and target[1] in below,
    )


def test_the_command_line_is_above_all_rooms():
    rooms = [
        module
        for module in PACKAGE.rglob('*.py')
        if module.relative_to(PACKAGE).parts[0] != 'cli'
    ]
    assert not wrong_imports(rooms, lambda target: target[0] == 'cli')
