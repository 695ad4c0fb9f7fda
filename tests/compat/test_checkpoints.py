"""Where checkpoints are loaded from, and how one is written."""

import os

import pytest
import torch
from mmengine.fileio import get_file_backend
from mmengine.runner import checkpoint as of_mmengine
from mmengine.runner.checkpoint import CheckpointLoader, save_checkpoint

from fer_yolo_mamba.errors import InputError


class Hostile:
    """Pickles as a call of a function that its reader should not call."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def test_downloads_are_read_as_data(monkeypatch, tmp_path):
    torch.save({'state_dict': Hostile(print, 'owned')}, tmp_path / 'bad.pth')

    def download(url, target, *args, **kwargs):
        with open(target, 'wb') as file:
            file.write((tmp_path / 'bad.pth').read_bytes())

    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    with pytest.raises(InputError, match=r'it asks for .*print'):
        CheckpointLoader.load_checkpoint('https://example.org/bad.pth')


@pytest.mark.parametrize(
    'name',
    ['openmmlab://net', 'open-mmlab://net', 'mmcls://net', 'torchvision://net'],
)
def test_lists_of_names_lead_to_the_same_reader(name, monkeypatch, tmp_path):
    path = tmp_path / 'hub/checkpoints/net.pth'
    path.parent.mkdir(parents=True)
    torch.save({'backbone.x': torch.ones(1)}, path)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    for models in ('external', 'mmcls', 'torchvision'):
        monkeypatch.setattr(
            of_mmengine,
            f'get_{models}_models',
            lambda: dict(net='https://example.org/net.pth'),
        )
    assert CheckpointLoader.load_checkpoint(name)['state_dict']
    with pytest.raises(InputError, match='is in no list here'):
        CheckpointLoader.load_checkpoint(name.replace('net', 'none'))
    torch.save({'backbone.x': Hostile(print, 'owned')}, path)
    with pytest.raises(InputError, match=r'it asks for .*print'):
        CheckpointLoader.load_checkpoint(name)


@pytest.mark.parametrize('name', ['s3://a/b.pth', 'petrel://a', 'pavi://a'])
def test_other_places_are_not_read(name):
    with pytest.raises(InputError, match='copy it to this machine'):
        CheckpointLoader.load_checkpoint(name)


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
