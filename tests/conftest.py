"""Fixtures for all tests."""

import functools
import importlib.util
import logging
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from mmengine.registry import DefaultScope

import fer_yolo_mamba  # noqa: F401  before any test imports mmdet

# Triton looks for the switch of its interpreter when it is imported, which
# PyTorch does at times of its own.
if not torch.cuda.is_available():
    os.environ['TRITON_INTERPRET'] = '1'
# Ray's workers are so polite that other tests would leave them no processor.
os.environ['RAY_worker_niceness'] = '0'  # noqa: SIM112


# Folders whose files take long, though some have few tests: processes that
# share the files would wait for the one that begins the last of them.
LONG = ('configs', 'deploy', 'tools', 'studies', 'apis', 'hostile', 'web')


def pytest_configure(config: pytest.Config) -> None:
    """Keeps the order of below, where xdist would go by numbers of tests."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what takes long first."""
    tests = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(tests).parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=place)


@pytest.fixture(scope='module', autouse=True)
def own_runs() -> Iterator[None]:
    """No file begins with the runs of another, whose logs may be closed."""
    yield
    # It may import Triton, which must find the switch above.
    from fer_yolo_mamba.engine.plain_runner import forget_runs

    forget_runs()


@pytest.fixture(scope='session')
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).parents[1]


@pytest.fixture(scope='session')
def narrow_config(repository, tmp_path_factory) -> Path:
    """A config file: the demo's network at an eighth of the full width."""
    path = tmp_path_factory.mktemp('configs') / 'narrow.py'
    path.write_text(
        f"""
_base_ = {str(repository / 'configs/fer_yolo_mamba_demo.py')!r}
model = dict(
    backbone=dict(widen_factor=0.125),
    neck=dict(widen_factor=0.125),
    bbox_head=dict(head_module=dict(widen_factor=0.125)),
)
"""
    )
    return path


@pytest.fixture(scope='session')
def narrow_checkpoint(narrow_config) -> Path:
    """Random weights of that network, as a training writes them."""
    from mmyolo.registry import MODELS

    from fer_yolo_mamba.engine.config import load_config

    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmyolo'):
        model = MODELS.build(load_config(narrow_config).model)
    path = narrow_config.with_name('epoch_1.pth')
    torch.save(dict(meta={}, state_dict=model.state_dict()), path)
    return path


@pytest.fixture(scope='session')
def load_tool(repository) -> Callable[[str], ModuleType]:
    """Imports a script of tools/, such as 'analysis/plot_run'."""

    @functools.cache
    def load(name: str) -> ModuleType:
        path = repository / 'tools' / f'{name}.py'
        spec = importlib.util.spec_from_file_location(f'{path.stem}_tool', path)
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        return tool

    return load


@pytest.fixture(scope='session')
def call_tool(load_tool) -> Callable[..., None]:
    """Runs a script of tools/ in this process, with its arguments."""
    # It may import Triton, which must find the switch above.
    from fer_yolo_mamba.cli import run_cli

    def call(name: str, *arguments) -> None:
        tool = load_tool(name)
        run_cli(tool.make_parser(), tool.main, list(map(str, arguments)))

    return call


@pytest.fixture
def ending_of(capsys, monkeypatch):
    """Calls what may end the process; returns status, output and errors."""
    # mmengine's logger holds on to the stream of an earlier test.
    monkeypatch.setattr(logging, 'raiseExceptions', False)

    def call(function, *arguments):
        status = 0
        try:
            function(*arguments)
        except SystemExit as ended:
            status = ended.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


@pytest.fixture
def outcome_of(call_tool, ending_of):
    """Runs a tool in this process; returns status, output and errors."""
    return lambda *arguments: ending_of(call_tool, *arguments)


@pytest.fixture
def refusal(outcome_of):
    """Runs a tool that refuses; returns its message, one line, and no more."""

    def run(name, *arguments):
        status, _, errors = outcome_of(name, *arguments)
        (message,) = errors.splitlines()
        assert status == 2
        assert message.startswith('error: ')
        return message

    return run


@pytest.fixture(autouse=True)
def default_scope():
    """Names of registries mean mmyolo's, whatever an earlier test ran."""
    with DefaultScope.overwrite_default_scope('mmyolo'):
        yield


@pytest.fixture
def run_python() -> Callable[[str], str]:
    """Runs a program in a fresh interpreter and returns what it printed."""

    def run(program: str) -> str:
        finished = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', textwrap.dedent(program)],
            capture_output=True,
            text=True,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    return run
