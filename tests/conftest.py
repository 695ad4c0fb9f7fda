"""Fixtures for all tests."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

import fer_yolo_mamba  # noqa: F401  before any test imports mmdet

# Triton looks for the switch of its interpreter when it is imported, which
# PyTorch does at times of its own.
if not torch.cuda.is_available():
    os.environ['TRITON_INTERPRET'] = '1'


@pytest.fixture(scope='session')
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).parents[1]


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
