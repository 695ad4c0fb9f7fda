"""A tiny drawn set, a config that trains on it, and the tools to run."""

import io
import os
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from fer_yolo_mamba.datasets.drawn_faces import make_demo_set


@pytest.fixture(scope='session')
def tiny_set(tmp_path_factory) -> Path:
    """A VOC folder of drawn faces, 96 pixels wide."""
    folder = tmp_path_factory.mktemp('data') / 'drawn'
    make_demo_set(folder, dict(train=8, val=3, test=5), size=96)
    return folder


@pytest.fixture(scope='session')
def tiny_config(tiny_set, repository) -> Path:
    """The demo's config on the tiny set: 2 steps an epoch, 3 epochs."""
    path = tiny_set.parent / 'tiny.py'
    path.write_text(
        f"""
_base_ = {str(repository / 'configs/fer_yolo_mamba_demo.py')!r}
data = dict(data_root={str(tiny_set)!r})
train_dataloader = dict(batch_size=4, dataset=data)
val_dataloader = dict(dataset=data, num_workers=0)
test_dataloader = dict(dataset=data, num_workers=0)
train_cfg = dict(max_epochs=3, val_interval=3)
default_hooks = dict(logger=dict(interval=1))
# Every loss as it is, not the mean of the last 50.
log_processor = dict(window_size=1)
"""
    )
    return path


@pytest.fixture(scope='session')
def run_tool(repository):
    """Runs tools/<name> in a process of its own."""

    def run(name, *arguments, check=True, timeout=300):
        command = [repository / 'tools' / name, *arguments]
        if name.endswith('.py'):
            command = [sys.executable, '-W', 'ignore', *command]
        finished = subprocess.run(
            list(map(str, command)),
            capture_output=True,
            text=True,
            cwd=repository,
            env={**os.environ, 'PYTHON': sys.executable},
            timeout=timeout,
        )
        if check:
            assert finished.returncode == 0, finished.stderr[-3000:]
        return finished

    return run


@pytest.fixture(scope='session')
def kill_tool(repository):
    """Starts tools/<name>, and kills it once there is a file."""

    def run(file, name, *arguments):
        process = subprocess.Popen(
            [sys.executable, repository / 'tools' / name, *arguments],
            cwd=repository,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 200
        while not file.exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
        process.wait()

    return run


@pytest.fixture(scope='session')
def printed_by(call_tool):
    """Runs a tool in this process; returns all that it printed."""

    def run(name, *arguments):
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            call_tool(name, *arguments)
        return printed.getvalue()

    return run


@pytest.fixture(scope='session')
def trained(tiny_config, printed_by) -> Path:
    """The run folder of three uninterrupted epochs."""
    work_dir = tiny_config.parent / 'trained'
    printed_by('train', tiny_config, '--work-dir', work_dir)
    return work_dir
