"""Files that mmengine writes are either whole or absent."""

import os

import pytest
import torch
from mmengine.fileio import get_file_backend
from mmengine.runner.checkpoint import save_checkpoint


def test_a_checkpoint_replaces_its_predecessor_in_one_step(tmp_path):
    path = tmp_path / 'runs' / 'epoch_1.pth'
    for value in (1, 2):
        save_checkpoint({'value': torch.tensor(value)}, str(path))
    assert torch.load(path)['value'] == 2
    assert os.listdir(path.parent) == ['epoch_1.pth']


def test_a_write_that_is_cut_short_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / 'epoch_1.pth'
    save_checkpoint({'value': torch.tensor(1)}, str(path))

    def killed(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, 'fsync', killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint({'value': torch.tensor(2)}, str(path))
    assert torch.load(path)['value'] == 1
    # What is left behind has another name, and the next write takes it over.
    monkeypatch.undo()
    save_checkpoint({'value': torch.tensor(2)}, str(path))
    assert os.listdir(tmp_path) == ['epoch_1.pth']


def test_local_paths_get_the_atomic_backend():
    backend = get_file_backend('work_dirs/run/epoch_1.pth')
    assert type(backend).__name__ == 'AtomicLocalBackend'
