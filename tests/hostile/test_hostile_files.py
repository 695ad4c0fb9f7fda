"""No checkpoint runs, crashes or overwhelms its reader, however it is made."""

import os
import resource
import time

import numpy as np
import pytest
import torch
from hostile_files import (
    PROGRAM,
    hostile_files,
    saved,
    training_checkpoint,
    write_files,
)

from fer_yolo_mamba.engine.checkpoints import read_checkpoint
from fer_yolo_mamba.errors import InputError

SECONDS = 5
KILOBYTES = 300_000
NAMES = [name for name, *_ in hostile_files(training_checkpoint())]


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """All hostile files, by name."""
    return write_files(training_checkpoint(), tmp_path_factory.mktemp('bad'))


@pytest.fixture(autouse=True)
def nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / 'touched').exists()


@pytest.mark.parametrize('name', NAMES)
def test_a_hostile_file_is_refused_in_one_sentence(name, files):
    path, word = files[name]
    began = time.monotonic()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as refused:
        read_checkpoint(path)
    message = str(refused.value)
    assert str(path) in message
    assert word in message
    assert '\n' not in message
    assert 'weights_only' not in message
    assert time.monotonic() - began < SECONDS
    now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert now - memory < KILOBYTES


@pytest.mark.parametrize('name', ['object_array_zip', 'objects', 'pickle_meta'])
def test_nor_does_torchs_own_reader_find_a_way(name, files):
    # Whoever calls torch.load himself has the same stand-ins.
    with pytest.raises(Exception, match=r'array|exec'):
        torch.load(files[name][0])


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            same(one[key], other[key]) for key in one
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, 'data') and hasattr(one, 'max_length'):
        return all(map(np.array_equal, one.data, other.data))
    return type(one) is type(other) and one == other


@pytest.fixture(params=[True, False], ids=['zip', 'old'])
def whole(request):
    """A good checkpoint's bytes, in both formats."""
    return saved(
        training_checkpoint(), _use_new_zipfile_serialization=request.param
    )


def test_a_good_one_is_read(whole, tmp_path):
    path = tmp_path / 'good.pth'
    path.write_bytes(whole)
    assert same(training_checkpoint(), read_checkpoint(path))


def test_wherever_it_is_cut_it_is_refused(whole, tmp_path):
    path = tmp_path / 'cut.pth'
    for length in np.linspace(0, len(whole) - 1, 60, dtype=int):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r'cut\.pth'):
            read_checkpoint(path)


def test_a_flipped_bit_is_seen_or_changes_nothing(whole, tmp_path):
    is_zip = whole[:2] == b'PK'
    good, path, seen = training_checkpoint(), tmp_path / 'flipped.pth', 0
    for place in np.linspace(0, len(whole) - 1, 150, dtype=int):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            read = read_checkpoint(path)
        except InputError:
            seen += 1
        else:
            # The old format has no checksums.
            assert same(good, read) or not is_zip
    assert seen > 50


def test_damage_at_several_places(whole, tmp_path):
    path, draw = tmp_path / 'damaged.pth', np.random.default_rng(0)
    for _ in range(100):
        damaged = np.frombuffer(whole, np.uint8).copy()
        places = draw.integers(len(damaged), size=8)
        damaged[places] = draw.integers(256, size=8)
        path.write_bytes(damaged.tobytes())
        try:
            read_checkpoint(path)
        except InputError as error:
            assert 'damaged.pth' in str(error)


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / 'pipe.pth')
    (tmp_path / 'folder.pth').mkdir()
    for name in (tmp_path / 'pipe.pth', tmp_path / 'folder.pth', '/dev/zero'):
        with pytest.raises(InputError, match='is no file'):
            read_checkpoint(name)
    with pytest.raises(InputError, match=r'none\.pth does not exist'):
        read_checkpoint(tmp_path / 'none.pth')


def test_the_text_of_a_program_does_not_reach_a_resumed_run(tmp_path):
    good = training_checkpoint()
    good['meta']['config'] = PROGRAM
    (tmp_path / 'config.pth').write_bytes(saved(good))
    assert 'config' not in read_checkpoint(tmp_path / 'config.pth')['meta']
