"""A run's files, and finding where it stopped."""

import json
import os

import pytest
import torch
from mmengine.config import Config

from fer_yolo_mamba.engine import runner
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.runner import (
    build_runner,
    end_of_run,
    latest_checkpoint,
    locked,
)
from fer_yolo_mamba.errors import InputError


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


@pytest.mark.parametrize(
    ('train_cfg', 'words'),
    [
        (dict(max_epochs=3), 'epoch 3 of 3'),
        (dict(max_epochs=2), 'train_cfg.max_epochs=4'),
        (dict(max_epochs=4), None),
        (dict(type='IterBasedTrainLoop', max_iters=60), 'iter 60 of 60'),
        (dict(type='IterBasedTrainLoop', max_iters=61), None),
    ],
)
def test_a_finished_run_has_an_end(train_cfg, words, tmp_path):
    path = tmp_path / 'epoch_3.pth'
    torch.save(dict(meta=dict(epoch=3, iter=60), state_dict={}), path)
    told = end_of_run(Config(dict(train_cfg=train_cfg)), path)
    assert words in told if words else told is None


def test_the_users_config_in_the_run_folder_stays(narrow_config, tmp_path):
    text = f'# My notes.\n_base_ = {str(narrow_config)!r}\n'
    own = tmp_path / 'exp1.py'
    own.write_text(text)
    build_runner(load_config(own, work_dir=tmp_path))
    assert own.read_text() == text
    resolved = tmp_path / 'resolved_config.py'
    assert Config.fromfile(resolved).work_dir == str(tmp_path)
    data = json.loads(resolved.with_suffix('.json').read_text())
    assert data['work_dir'] == str(tmp_path)
    # Nor does a run of the resolved config replace what it reads.
    text = resolved.read_text()
    build_runner(load_config(resolved, dict(launcher='none')))
    assert resolved.read_text() == text
    assert (tmp_path / 'resolved_config_2.py').is_file()


def test_a_run_that_never_started(tmp_path):
    assert latest_checkpoint(tmp_path / 'none') is None


def test_a_folder_is_locked_until_its_run_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, '_PATIENCE', 0.1)
    folder = tmp_path / 'run'
    with locked(folder):
        with locked(tmp_path / 'another'):
            pass
        with pytest.raises(InputError, match=f'{folder}: wait for its end'):
            locked(folder).__enter__()
    with locked(folder):
        pass


def test_a_run_that_was_killed_lets_go(tmp_path, run_python):
    run_python(
        f"""
        import os
        from fer_yolo_mamba.engine.runner import locked
        locked({str(tmp_path)!r}).__enter__()
        if os.fork() == 0:
            os.kill(os.getpid(), 9)
        os.wait()
        """
    )
    with locked(tmp_path):
        pass
