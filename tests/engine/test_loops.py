"""A training that counts iterations: a pass over the set is its epoch."""

import csv
import json
import os
import signal

import pytest
import torch

from fer_yolo_mamba.engine.run_folder import latest_checkpoint
from fer_yolo_mamba.engine.training import train


@pytest.fixture
def by_iteration(toy_config):
    """Its config. The toys' set has four batches: two passes and a half."""

    def make(folder):
        loop = dict(type='IterBasedTrainLoop', max_iters=10, val_interval=5)
        return toy_config(folder, train_cfg=dict(loop, _delete_=True))

    return make


def logged(folder):
    """Entries of the training's log, by iteration."""
    entries = {}
    for path in sorted(folder.glob('*/vis_data/scalars.json')):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            entries |= {entry['step']: entry} if 'loss' in entry else {}
    return entries


def require_same_end(*folders):
    ends = [torch.load(x / 'epoch_3.pth')['state_dict'] for x in folders]
    for name, value in ends[0].items():
        assert torch.equal(value, ends[1][name]), name
    tables = [(x / 'metrics.csv').read_text() for x in folders]
    assert tables[0] == tables[1]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('by_iteration')


@pytest.fixture
def trained(folder, by_iteration):
    """The folder of such a run."""
    if latest_checkpoint(folder) is None:
        train(by_iteration(folder))
    return folder


def test_validations_count_iterations(trained):
    with (trained / 'metrics.csv').open() as file:
        rows = list(csv.DictReader(file))
    counted = [row['epoch'] for row in rows if row['class'] == 'average']
    assert counted == ['5', '10']
    (log,) = trained.glob('*/*.log')
    assert 'Iter(train) [ 1/10]' in log.read_text()
    assert ' in iteration 5)' in log.read_text()


def test_the_schedule_lasts_to_the_end(trained):
    rates = [entry['lr'] for entry in logged(trained).values()]
    assert len(rates) == 10
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 0.01 and 0 < rates[-1] < 0.002
    assert rates[4] > 0.005


def test_a_checkpoint_is_saved_with_each_pass(trained):
    saved = {path.name: torch.load(path) for path in trained.glob('*.pth')}
    done = {name: x['meta']['iter'] for name, x in saved.items()}
    # The iteration is counted after the hooks, as in mmengine.
    assert done == {'epoch_1.pth': 4, 'epoch_2.pth': 8, 'epoch_3.pth': 10}


def test_the_last_epochs_are_the_last_passes(by_iteration, toys, tmp_path):
    seen = []

    def look(model, loss):
        seen.append(model.bbox_head.use_bbox_aux)
        return loss

    toys.detector.step = look
    config = by_iteration(tmp_path)
    config.custom_hooks.append(dict(type='ModeSwitchHook', num_last_epochs=1))
    train(config)
    assert seen == [False] * 8 + [True] * 2


@pytest.mark.parametrize('step', [3, 5, 8])
def test_it_goes_on_where_it_stopped(
    step, trained, by_iteration, train_up_to, tmp_path
):
    train_up_to(step, by_iteration(tmp_path))
    train(by_iteration(tmp_path), resume=True)
    require_same_end(tmp_path, trained)


def test_a_validation_that_is_made_up_for_can_be_stopped_within_a_pass(
    trained, by_iteration, toys, tmp_path
):
    def stop():
        os.kill(os.getpid(), signal.SIGTERM)

    toys.detector.validating = stop
    for _ in range(2):  # the validation after iteration 5, and again
        with pytest.raises(SystemExit):
            train(by_iteration(tmp_path), resume=True)
        meta = torch.load(tmp_path / 'interrupted.pth')['meta']
        assert (meta['epoch'], meta['batches_done']) == (1, 1)
    toys.detector.validating = None
    train(by_iteration(tmp_path), resume=True)
    require_same_end(tmp_path, trained)


def test_mmengines_short_form(toy_config, tmp_path):
    short = dict(_delete_=True, by_epoch=False, max_iters=2, val_interval=2)
    train(toy_config(tmp_path, train_cfg=short))
    (log,) = tmp_path.glob('*/*.log')
    assert 'Iter(train) [2/2]' in log.read_text()
