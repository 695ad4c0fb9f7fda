"""What is loaded of a checkpoint, and how one is written."""

import os
import pickle
import zipfile
from urllib.error import URLError

import numpy as np
import pytest
import torch
from mmengine.fileio import get_file_backend
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.runner.checkpoint import CheckpointLoader, save_checkpoint

from fer_yolo_mamba.errors import InputError


def save_and_load(content, path):
    torch.save(content, path)
    return torch.load(path)  # weights only, torch's default


def test_log_history(tmp_path):
    history = HistoryBuffer()
    for value in (1.0, 2.0, 6.0):
        history.update(value)
    hub = MessageHub.get_instance('test_log_history')
    hub.update_info('keep', [np.int64(3)])
    hub.update_scalar('train/loss', 0.5)
    loaded = save_and_load(
        dict(history=history, message_hub=hub.state_dict()),
        tmp_path / 'history.pth',
    )
    assert loaded['history'].mean() == 3.0
    assert loaded['history'].statistics('max') == 6.0
    scalars = loaded['message_hub']['log_scalars']
    assert scalars['train/loss'].current() == 0.5


@pytest.mark.parametrize(
    'value',
    [
        np.float64(0.5),
        np.float32(0.5),
        np.int64(3),
        np.bool_(True),
        np.arange(3),
        np.float32([1, 2]),
    ],
    ids=lambda value: type(value).__name__ + str(value.dtype),
)
def test_numpy_values(value, tmp_path):
    loaded = save_and_load({'value': value}, tmp_path / 'value.pth')['value']
    np.testing.assert_array_equal(loaded, value)
    assert loaded.dtype == value.dtype


def test_names_of_older_numpy(tmp_path):
    # Checkpoints of mmyolo's model zoo were written with NumPy 1.
    new, old = tmp_path / 'new.pth', tmp_path / 'old.pth'
    torch.save({'value': np.float64(0.5)}, new)
    with zipfile.ZipFile(new) as source, zipfile.ZipFile(old, 'w') as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(
                name, content.replace(b'cnumpy._core.', b'cnumpy.core.')
            )
    assert torch.load(old)['value'] == 0.5


class Hostile:
    """Pickles as a call of a function that its reader should not call."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    'content',
    [
        Hostile(print, 'owned'),
        Hostile(getattr, HistoryBuffer, '__init__'),
        Hostile(getattr, np.ndarray, 'tofile'),
    ],
)
def test_nothing_else_is_allowed(content, tmp_path, capsys):
    torch.save({'content': content}, tmp_path / 'hostile.pth')
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / 'hostile.pth')
    assert 'owned' not in capsys.readouterr().out


def test_no_network_is_one_sentence(monkeypatch, tmp_path):
    def no_network(*args, **kwargs):
        raise URLError('no network')

    monkeypatch.setattr(torch.hub, 'download_url_to_file', no_network)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    with pytest.raises(InputError, match=r'cannot download .*init_cfg=None'):
        CheckpointLoader.load_checkpoint('https://example.org/weights.pth')


def test_downloads_are_weights_only(monkeypatch, tmp_path):
    torch.save({'state_dict': Hostile(print, 'owned')}, tmp_path / 'bad.pth')

    def download(url, target, *args, **kwargs):
        with open(target, 'wb') as file:
            file.write((tmp_path / 'bad.pth').read_bytes())

    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    with pytest.raises(InputError, match=r'it asks for .*print'):
        CheckpointLoader.load_checkpoint('https://example.org/bad.pth')


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
