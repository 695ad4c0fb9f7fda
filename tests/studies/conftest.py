"""Configs on a few drawn faces, and tools that take no time."""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine import acceleration
from fer_yolo_mamba.studies.execution import Device, Tools
from fer_yolo_mamba.studies.local_scheduler import LocalScheduler
from fer_yolo_mamba.studies.runner import compare_runs
from fer_yolo_mamba.studies.runs import list_runs


@pytest.fixture(autouse=True)
def single_precision(monkeypatch):
    """Trainings of a few steps give the same on every processor."""
    monkeypatch.setattr(acceleration, '_has_matrix_units', lambda: False)


@pytest.fixture(scope='session')
def drawn_set(tmp_path_factory) -> Path:
    """A VOC folder of three images; not to be changed."""
    folder = tmp_path_factory.mktemp('data') / 'drawn'
    make_demo_set(folder, dict(train=2, val=1, test=1), size=96)
    return folder


@pytest.fixture
def write_config(tmp_path, drawn_set):
    """Writes `<name>.py` and returns its path."""

    def write(name='tiny', fake=None, data_root=drawn_set, epochs=2) -> str:
        path = tmp_path / f'{name}.py'
        path.write_text(
            f"""
custom_imports = dict(imports=['fer_yolo_mamba'])
data = dict(type='FERVOCDataset', data_root={str(data_root)!r})
train_dataloader = dict(
    dataset=dict(ann_file='ImageSets/Main/train.txt', **data)
)
test_dataloader = dict(dataset=dict(ann_file='ImageSets/Main/test.txt', **data))
train_cfg = dict(max_epochs={epochs})
optim_wrapper = dict(optimizer=dict(lr=0.1))
fake = {fake or {}}
"""
        )
        return str(path)

    return write


@pytest.fixture
def tools() -> Tools:
    """What stands in for train.py and test.py."""
    fake = (sys.executable, str(Path(__file__).with_name('fake_tool.py')))
    return Tools(train=(*fake, 'train'), test=(*fake, 'test'))


@pytest.fixture
def compare(tmp_path, tools):
    """Compares configs; returns states by run's name, and what was printed."""

    def call(*configs, seeds=(0,), devices=('cpu',), options=(), schedule=None):
        work_dir = tmp_path / 'runs'
        on = [Device(name, f'model {name}') for name in devices]
        printed = io.StringIO()
        statuses = compare_runs(
            list_runs(configs, seeds, work_dir, options),
            work_dir,
            schedule or LocalScheduler(on, tools),
            Console(file=printed),
        )
        states = {str(run): str(status) for run, status in statuses.items()}
        return states, printed.getvalue()

    return call


@pytest.fixture
def done(tmp_path):
    """Tells, in order, what the tools have done."""

    def read() -> list[str]:
        path = tmp_path / 'done.txt'
        return path.read_text().splitlines() if path.exists() else []

    return read
