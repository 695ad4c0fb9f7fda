"""A run's folder: kept to one process and to one run."""

import hashlib
import os
import socket
import subprocess

import pytest
import torch

from fer_yolo_mamba.engine import run_folder
from fer_yolo_mamba.engine.run_folder import (
    begin_run,
    checksums,
    is_used,
    latest_checkpoint,
    locked,
    record_checkpoint,
    remove_checkpoints,
    resumable_checkpoint,
    run_id,
    set_aside,
)
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import declare_input, inputs_kept


@pytest.mark.parametrize(
    ('files', 'expected'),
    [
        ([], None),
        (['last_checkpoint', 'metrics.csv'], None),
        (['epoch_9.pth', 'epoch_10.pth'], 'epoch_10.pth'),
        # What a write that was killed leaves behind has another name.
        (['epoch_1.pth', '.epoch_2.pth.part'], 'epoch_1.pth'),
    ],
)
def test_latest_checkpoint(files, expected, tmp_path):
    for name in files:
        (tmp_path / name).touch()
    found = latest_checkpoint(tmp_path)
    assert (found and found.name) == expected


def test_the_last_run_counts_not_the_longest(tmp_path):
    for name in ('epoch_1.pth', 'epoch_3.pth'):
        (tmp_path / name).touch()
    # Written elsewhere: the folder has moved since.
    (tmp_path / 'last_checkpoint').write_text('/elsewhere/run/epoch_1.pth')
    assert latest_checkpoint(tmp_path).name == 'epoch_1.pth'


@pytest.mark.parametrize('pointer', ['', '/elsewhere/run/epoch_2.pth'])
def test_without_a_pointer_the_last_one_written_counts(pointer, tmp_path):
    (tmp_path / 'last_checkpoint').write_text(pointer)
    # Foreign names, and the best one, are none to go on from.
    names = ['epoch_3.pth', 'iter_1.pth', 'best_fer_mAP_epoch_9.pth']
    for seconds, name in enumerate([*names, 'epoch_last.pth']):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (seconds, seconds))
    assert latest_checkpoint(tmp_path).name == 'iter_1.pth'


def test_checkpoints_may_lie_in_another_folder(tmp_path):
    (tmp_path / 'run').mkdir()
    elsewhere = tmp_path / 'epoch_1.pth'
    elsewhere.touch()
    (tmp_path / 'run/last_checkpoint').write_text(str(elsewhere))
    assert latest_checkpoint(tmp_path / 'run') == elsewhere


def test_a_run_that_never_started(tmp_path):
    assert latest_checkpoint(tmp_path / 'none') is None


def test_a_folder_is_locked_until_its_run_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder, '_PATIENCE', 0.1)
    folder = tmp_path / 'run'
    with locked(folder):
        with locked(tmp_path / 'another'):
            pass
        first = f'process {os.getpid()} on {socket.gethostname()}'
        with pytest.raises(InputError, match=f'{folder} .{first}.: wait'):
            locked(folder).__enter__()
    with locked(folder):
        pass


def test_a_run_that_was_killed_lets_go(tmp_path, run_python):
    run_python(
        f"""
        import os
        from fer_yolo_mamba.engine.run_folder import locked
        locked({str(tmp_path)!r}).__enter__()
        if os.fork() == 0:
            os.kill(os.getpid(), 9)
        os.wait()
        """
    )
    with locked(tmp_path):
        pass


def save(folder, name, run=None, **meta):
    path = folder / name
    meta = dict(meta, **(dict(run_id=run) if run else {}))
    torch.save(dict(meta=meta, state_dict={}), path)
    record_checkpoint(path, folder)
    return path


def cut(path):
    path.write_bytes(path.read_bytes()[:200])


def test_a_damaged_checkpoint_is_gone_back_from(tmp_path):
    own, told = begin_run(tmp_path), []
    first, second, third = (
        save(tmp_path, f'epoch_{n}.pth', own, epoch=n) for n in (1, 2, 3)
    )
    assert resumable_checkpoint(tmp_path, told.append)[0] == third
    assert told == []
    cut(third)
    second.write_bytes(b'')
    path, meta = resumable_checkpoint(tmp_path, told.append)
    assert (path, meta['epoch']) == (first, 1)
    assert str(third) in told[0] and str(second) in told[1]
    assert told[2] == f'Going back to {first}.'
    cut(first)
    with pytest.raises(
        InputError, match=r'epoch_3\.pth .* no other checkpoint'
    ):
        resumable_checkpoint(tmp_path, told.append)


def test_a_checkpoint_that_is_not_as_it_was_written(tmp_path):
    path = save(tmp_path, 'epoch_1.pth')
    torch.save(torch.load(path) | dict(state_dict={'x': torch.ones(1)}), path)
    with pytest.raises(InputError, match=r'epoch_1\.pth is damaged.*checksum'):
        resumable_checkpoint(tmp_path)


def test_a_checkpoint_of_another_run_is_none_to_go_on_from(tmp_path):
    own, told = begin_run(tmp_path), []
    first = save(tmp_path, 'epoch_1.pth', own)
    save(tmp_path, 'epoch_9.pth', 'another')
    assert resumable_checkpoint(tmp_path, told.append)[0] == first
    assert 'epoch_9.pth is of another run' in told[0]


def test_a_folder_of_an_earlier_version_goes_on(tmp_path):
    path = save(tmp_path, 'epoch_1.pth')
    assert run_id(tmp_path) is None
    assert resumable_checkpoint(tmp_path)[0] == path


def test_a_stopped_run_goes_on_from_where_it_stopped(tmp_path):
    save(tmp_path, 'epoch_3.pth')
    stopped = save(tmp_path, 'interrupted.pth')
    assert latest_checkpoint(tmp_path) == stopped
    (tmp_path / 'last_checkpoint').unlink()
    assert latest_checkpoint(tmp_path) == stopped


def test_checksums_are_those_of_sha256sum(tmp_path):
    first, second = (save(tmp_path, f'epoch_{n}.pth') for n in (1, 2))
    save(tmp_path, 'epoch_1.pth')  # written last
    assert list(checksums(tmp_path)) == ['epoch_2.pth', 'epoch_1.pth']
    expected = hashlib.sha256(first.read_bytes()).hexdigest()
    assert checksums(tmp_path)['epoch_1.pth'] == expected
    command = ['sha256sum', '--quiet', '-c', 'SHA256SUMS']
    subprocess.run(command, cwd=tmp_path, check=True)
    remove_checkpoints(tmp_path, ['epoch_1.pth'])
    assert list(checksums(tmp_path)) == ['epoch_2.pth']
    assert not first.exists() and second.exists()


def test_only_what_a_run_wrote_is_moved_aside(tmp_path):
    folder = tmp_path / 'run'
    (tmp_path / 'run_1').mkdir()
    (folder / '20260101_120000').mkdir(parents=True)
    written = ['best_fer_mAP_epoch_1.pth', 'metrics.csv', 'run_id']
    users = ['exp1.py', 'pretrained.pth', 'notes', 'resolved_config.py']
    for name in [*written, *users]:
        (folder / name).write_text(name)
    with inputs_kept():
        declare_input(folder / 'resolved_config.py')
        aside = set_aside(folder)
    assert aside == tmp_path / 'run_2'
    assert {path.name for path in folder.iterdir()} == set(users)
    moved = {path.name for path in aside.iterdir()}
    assert moved == {*written, '20260101_120000'}


@pytest.mark.parametrize('name', ['.', '..'])
def test_aside_is_beside_the_folder_one_is_in(name, tmp_path, monkeypatch):
    here = tmp_path / 'run/inner' if name == '..' else tmp_path / 'run'
    here.mkdir(parents=True)
    (tmp_path / 'run/epoch_1.pth').touch()
    monkeypatch.chdir(here)
    assert set_aside(name) == tmp_path / 'run_1'
    assert (tmp_path / 'run_1/epoch_1.pth').exists()


@pytest.mark.parametrize(
    ('name', 'used'),
    [
        ('epoch_1.pth', True),
        ('iter_9.pth', True),
        ('interrupted.pth', True),
        ('best_fer_mAP_epoch_1.pth', True),
        ('pretrained.pth', False),
        ('20260101_120000', False),
    ],
)
def test_a_folder_is_used_where_a_run_left_checkpoints(name, used, tmp_path):
    assert not is_used(tmp_path)
    (tmp_path / name).touch()
    assert is_used(tmp_path) == used
