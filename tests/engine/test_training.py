"""A training: where it starts, stops, and goes on as if it had not stopped."""

import csv
import multiprocessing
import os
import signal

import pytest
import torch
from mmengine.config import Config

from fer_yolo_mamba.engine.run_folder import INTERRUPTED, latest_checkpoint
from fer_yolo_mamba.engine.training import end_of_run, train
from fer_yolo_mamba.errors import InputError


def interrupt(number=signal.SIGTERM):
    os.kill(os.getpid(), number)


def state(path):
    """All by which a training goes on, as numbers by name."""
    checkpoint = torch.load(path)
    parts = ('state_dict', 'ema_state_dict', 'optimizer', 'param_schedulers')
    return dict(_leaves({name: checkpoint[name] for name in parts}))


def _leaves(value, name=''):
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in pairs:
            yield from _leaves(part, f'{name}.{key}')
    else:
        yield name, value.tolist() if torch.is_tensor(value) else repr(value)


def stop_at(step):
    def look(model, loss):
        if model.steps == step:
            interrupt()
        return loss

    return look


@pytest.fixture(scope='module')
def straight(tmp_path_factory):
    """The folder of a run that never stops; filled by the first test."""
    return tmp_path_factory.mktemp('straight')


@pytest.fixture
def uninterrupted(straight, toy_config):
    if latest_checkpoint(straight) is None:
        train(toy_config(straight))
    return straight


# Of 12: in an epoch, its last one, the first of the next, the very last one.
@pytest.mark.parametrize('step', [2, 4, 5, 12])
def test_a_stopped_run_ends_as_one_that_never_stopped(
    step, toy_config, toys, uninterrupted, tmp_path
):
    toys.detector.step = stop_at(step)
    with pytest.raises(SystemExit) as ended:
        train(toy_config(tmp_path))
    assert ended.value.code == 128 + signal.SIGTERM == 143
    assert latest_checkpoint(tmp_path).name == INTERRUPTED
    toys.detector.step = None
    train(toy_config(tmp_path), resume=True)
    assert state(tmp_path / 'epoch_3.pth') == state(
        uninterrupted / 'epoch_3.pth'
    )
    assert not (tmp_path / INTERRUPTED).exists()
    tables = [folder / 'metrics.csv' for folder in (tmp_path, uninterrupted)]
    assert tables[0].read_text() == tables[1].read_text()


def test_a_validation_can_be_stopped(toy_config, toys, uninterrupted, tmp_path):
    toys.detector.validating = interrupt
    with pytest.raises(SystemExit):
        train(toy_config(tmp_path))
    # Of the network that trains, and not of the averaged one.
    stopped, saved = (
        torch.load(tmp_path / name) for name in (INTERRUPTED, 'epoch_1.pth')
    )
    for part in ('state_dict', 'ema_state_dict'):
        for name, value in stopped[part].items():
            assert torch.equal(value, saved[part][name]), name
    toys.detector.validating = None
    train(toy_config(tmp_path), resume=True)
    # The validation that was not done is among them.
    tables = [folder / 'metrics.csv' for folder in (tmp_path, uninterrupted)]
    assert tables[0].read_text() == tables[1].read_text()


@pytest.mark.parametrize('epoch', [1, 3])
def test_a_validation_that_is_made_up_for_can_be_stopped(
    epoch, toy_config, toys, uninterrupted, tmp_path
):
    train(toy_config(tmp_path, **{'train_cfg.val_begin': 4}))
    for path in tmp_path.glob('epoch_*.pth'):
        if path.name != f'epoch_{epoch}.pth':
            path.unlink()
    toys.detector.validating = interrupt
    for _ in range(2):
        with pytest.raises(SystemExit):
            train(toy_config(tmp_path), resume=True)
    meta = torch.load(tmp_path / INTERRUPTED)['meta']
    assert (meta['epoch'], meta['batches_done']) == (epoch, 0)
    toys.detector.validating = None
    train(toy_config(tmp_path), resume=True)
    assert state(latest_checkpoint(tmp_path)) == state(
        uninterrupted / 'epoch_3.pth'
    )


def test_a_run_killed_in_its_last_validation_makes_up_for_it(
    toy_config, toys, uninterrupted, tmp_path, capsys
):
    def die():
        if latest_checkpoint(tmp_path).name == 'epoch_3.pth':
            raise KeyboardInterrupt

    toys.detector.validating = die
    with pytest.raises(KeyboardInterrupt):
        train(toy_config(tmp_path))
    toys.detector.validating = None
    train(toy_config(tmp_path), resume=True)
    tables = [folder / 'metrics.csv' for folder in (tmp_path, uninterrupted)]
    assert tables[0].read_text() == tables[1].read_text()
    capsys.readouterr()
    train(toy_config(tmp_path), resume=True)
    assert 'the end of a finished run' in capsys.readouterr().out


def test_slurms_signal_to_all_processes(toy_config, toys, tmp_path):
    # Workers outlive it: the loss of one would end the run at once.
    def look(model, loss):
        if model.steps == 2:
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGTERM)
                os.kill(child.pid, signal.SIGUSR1)
            interrupt(signal.SIGUSR1)
        return loss

    toys.detector.step = look
    config = toy_config(tmp_path, **{'train_dataloader.num_workers': 1})
    with pytest.raises(SystemExit) as ended:
        train(config)
    assert ended.value.code == 128 + signal.SIGUSR1
    assert latest_checkpoint(tmp_path).name == INTERRUPTED


def test_signals_mean_what_they_meant_before(toy_config, tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    train(toy_config(tmp_path, **{'train_cfg.max_epochs': 1}))
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_checkpoint_by_iterations_is_resumed_within_its_epoch(
    toy_config, toys, uninterrupted, tmp_path
):
    by_iteration = {
        'default_hooks.checkpoint.by_epoch': False,
        'default_hooks.checkpoint.interval': 3,
    }

    def die(model, loss):
        if model.steps == 8:
            raise KeyboardInterrupt
        return loss

    toys.detector.step = die
    with pytest.raises(KeyboardInterrupt):
        train(toy_config(tmp_path, **by_iteration))
    assert latest_checkpoint(tmp_path).name == 'iter_6.pth'
    # No trap: the best one, and what others have put there.
    for name in ('best_fer_mAP_epoch_9.pth', 'pretrained.pth', 'iter_x.pth'):
        (tmp_path / name).touch()
    toys.detector.step = None
    train(toy_config(tmp_path, **by_iteration), resume=True)
    assert state(tmp_path / 'iter_12.pth') == state(
        uninterrupted / 'epoch_3.pth'
    )


@pytest.mark.parametrize('damage', [lambda x: x[:1000], lambda x: b''])
def test_a_damaged_checkpoint_is_gone_back_from(
    damage, toy_config, uninterrupted, tmp_path, capsys
):
    train(toy_config(tmp_path, **{'train_cfg.max_epochs': 2}))
    newest = tmp_path / 'epoch_2.pth'
    newest.write_bytes(damage(newest.read_bytes()))
    train(toy_config(tmp_path), resume=True)
    told = capsys.readouterr().out
    assert f'{newest} is' in told
    assert f'Going back to {tmp_path / "epoch_1.pth"}.' in told
    # Each epoch once, those of the lost one made anew.
    with (tmp_path / 'metrics.csv').open() as file:
        rows = list(csv.DictReader(file))
    epochs = [row['epoch'] for row in rows if row['class'] == 'Sad']
    assert epochs == ['1', '2', '3']


def test_another_networks_checkpoint_is_refused(toy_config, tmp_path):
    train(toy_config(tmp_path, **{'train_cfg.max_epochs': 1}))
    path = tmp_path / 'epoch_1.pth'
    other = torch.load(path)
    other['state_dict'] = {'backbone.weight': torch.zeros(3)}
    torch.save(other, tmp_path / 'other.pth')
    with pytest.raises(InputError, match=r'other\.pth does not fit the config'):
        train(toy_config(tmp_path), resume=tmp_path / 'other.pth')


def test_a_used_folder_is_refused_and_moved_aside_on_demand(
    toy_config, tmp_path, capsys
):
    folder, once = tmp_path / 'run', {'train_cfg.max_epochs': 1}
    train(toy_config(folder, **once), resume=True)
    told = f'{folder} holds no checkpoint: the training begins.'
    assert told in capsys.readouterr().out
    first = (folder / 'epoch_1.pth').read_bytes()
    (folder / 'notes.txt').write_text('mine')
    for words in ('--resume', '--overwrite', '--work-dir'):
        with pytest.raises(InputError, match=f'earlier run.*{words}'):
            train(toy_config(folder, **once))
    train(toy_config(folder, **once), overwrite=True)
    aside = tmp_path / 'run_1'
    assert f'is now in {aside}' in capsys.readouterr().out
    assert (aside / 'epoch_1.pth').read_bytes() == first
    assert (folder / 'epoch_1.pth').read_bytes() != first  # another run's id
    assert (folder / 'notes.txt').read_text() == 'mine'
    inside = toy_config(folder, load_from=str(folder / 'epoch_1.pth'))
    with pytest.raises(InputError, match='--overwrite moves aside'):
        train(inside, overwrite=True)


def test_resuming_from_a_checkpoint_that_is_named(
    toy_config, uninterrupted, tmp_path, capsys
):
    first = uninterrupted / 'epoch_1.pth'
    train(toy_config(tmp_path / 'branch'), resume=first)
    assert state(tmp_path / 'branch/epoch_3.pth') == state(
        uninterrupted / 'epoch_3.pth'
    )
    # Nothing is left to do after the last, whose folder has its metrics.
    train(toy_config(tmp_path / 'end'), resume=uninterrupted / 'epoch_3.pth')
    assert 'is the end of a finished run' in capsys.readouterr().out
    assert not list((tmp_path / 'end').glob('*.pth'))
    # The branch is a run of its own: its folder takes no other run's.
    with pytest.raises(InputError, match='of another run than'):
        train(toy_config(tmp_path / 'branch'), resume=first)
    with pytest.raises(InputError, match=r'none\.pth does not exist'):
        train(toy_config(tmp_path), resume=tmp_path / 'none.pth')
    missing = {'load_from': str(tmp_path / 'none.pth')}
    with pytest.raises(InputError, match=r'none\.pth does not exist'):
        train(toy_config(tmp_path / 'tuned', **missing))


def test_mmengines_own_setting_resumes_too(toy_config, tmp_path, capsys):
    train(toy_config(tmp_path, **{'train_cfg.max_epochs': 1}))
    train(toy_config(tmp_path, resume=True))
    assert (
        f'Going on from {tmp_path / "epoch_1.pth"}' in capsys.readouterr().out
    )


def test_a_foreign_table_of_metrics_is_refused_before_training(
    toy_config, toys, tmp_path
):
    (tmp_path / 'metrics.csv').write_text('name,age\nme,3\n')
    with pytest.raises(InputError, match=r'metrics\.csv.*move it away'):
        train(toy_config(tmp_path))


def test_a_killed_worker_is_one_line(toy_config, toys, tmp_path):
    # No worker dies here: torch would tell of it wherever this process is at
    # that moment, in pytest, too.
    def die(index):
        if index == 5:
            raise RuntimeError(
                'DataLoader worker (pid 17) is killed by signal: Killed. '
            )

    toys.faces.reading = die
    with pytest.raises(InputError, match=r'DataLoader worker.*memory') as told:
        train(toy_config(tmp_path))
    assert 'num_workers' in str(told.value) and 'batch_size' in str(told.value)
    assert '\n' not in str(told.value)


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
    config = Config(dict(train_cfg=train_cfg, work_dir=str(tmp_path)))
    told = end_of_run(config, 'epoch_3.pth', dict(epoch=3, iter=60))
    assert words in told if words else told is None
