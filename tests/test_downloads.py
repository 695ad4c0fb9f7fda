"""What is downloaded, by which process of a run, and under which name."""

from pathlib import Path
from urllib.error import URLError

import pytest
import torch

from fer_yolo_mamba.downloads import download
from fer_yolo_mamba.errors import InputError

ADDRESS = 'https://example.org/net.pth'


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """The folder of downloads."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    return tmp_path / 'hub/checkpoints'


@pytest.fixture
def events(monkeypatch):
    """Addresses that were downloaded, and 'barrier' where others arrived."""
    happened = []

    def write(address, path):
        happened.append(address)
        Path(path).write_text('weights')

    monkeypatch.setattr(torch.hub, 'download_url_to_file', write)
    monkeypatch.setattr(
        'mmengine.dist.barrier', lambda: happened.append('barrier')
    )
    monkeypatch.delenv('LOCAL_RANK', raising=False)
    return happened


def test_a_file_is_downloaded_once(cache, events):
    path = download(ADDRESS)
    assert path == cache / 'net.pth'
    assert path.read_text() == 'weights'
    assert download(ADDRESS) == path
    assert events == [ADDRESS, 'barrier', 'barrier']


def test_its_name_is_that_of_the_path(cache, events):
    assert download(f'{ADDRESS}?download=true#x') == cache / 'net.pth'


def test_the_first_process_of_another_machine_downloads(
    cache, events, monkeypatch
):
    monkeypatch.setenv('RANK', '4')
    monkeypatch.setenv('LOCAL_RANK', '0')
    monkeypatch.setattr('mmengine.dist.is_main_process', lambda: False)
    download(ADDRESS)
    assert events == [ADDRESS, 'barrier']


def test_another_process_of_the_machine_waits_for_it(
    cache, events, monkeypatch
):
    def barrier():
        events.append('barrier')
        cache.mkdir(parents=True)
        (cache / 'net.pth').touch()

    monkeypatch.setenv('LOCAL_RANK', '1')
    monkeypatch.setattr('mmengine.dist.barrier', barrier)
    assert download(ADDRESS).exists()
    assert events == ['barrier']


def test_who_does_not_find_it_afterwards_downloads(cache, events, monkeypatch):
    monkeypatch.setenv('LOCAL_RANK', '1')
    assert download(ADDRESS).exists()
    assert events == ['barrier', ADDRESS]


def test_no_network_is_one_sentence(cache, monkeypatch):
    def no_network(*args):
        raise URLError('no network')

    monkeypatch.setattr(torch.hub, 'download_url_to_file', no_network)
    with pytest.raises(InputError, match=r'cannot download .*init_cfg=None'):
        download(ADDRESS)
