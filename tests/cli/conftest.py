"""The command ``fer-yolo-mamba`` in this process."""

import pytest

from fer_yolo_mamba.cli import command


@pytest.fixture
def fer_yolo_mamba(ending_of):
    """Runs the command; returns status, output and errors."""
    return lambda *words: ending_of(command.main, list(map(str, words)))
