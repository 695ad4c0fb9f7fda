"""A run goes on with other batches or another length than it began with."""

import pytest
import torch

from fer_yolo_mamba.engine.run_folder import INTERRUPTED
from fer_yolo_mamba.engine.training import train
from fer_yolo_mamba.errors import InputError

BATCH = 'train_dataloader.batch_size'


@pytest.fixture
def stopped(toy_config, train_up_to):
    """Trains up to a step of the first 12, in 3 epochs, and is stopped."""

    def make(folder, step, **changes):
        train_up_to(step, toy_config(folder, **changes))

    return make


def log_of(folder):
    return ''.join(path.read_text() for path in folder.glob('*/*.log'))


@pytest.mark.parametrize(
    ('before', 'after', 'step', 'steps'),
    [
        # Of 8 pictures an epoch, 4 are left of the first, of the second,
        (4, 2, 1, 1 + 2 + 8),
        (2, 4, 6, 6 + 1 + 2),
        # 6, which half a batch more makes whole batches, and none.
        (2, 4, 5, 5 + 2 + 2),
        (2, 4, 4, 4 + 4),
    ],
)
def test_other_batches_go_on_after_the_same_pictures(
    before, after, step, steps, toy_config, stopped, tmp_path
):
    stopped(tmp_path, step, **{BATCH: before})
    train(toy_config(tmp_path, **{BATCH: after}), resume=True)
    assert torch.load(tmp_path / 'epoch_3.pth')['meta']['iter'] == steps


def test_an_epoch_that_is_shorter_than_what_was_done(
    toy_config, stopped, tmp_path
):
    stopped(tmp_path, 3)
    saved = torch.load(tmp_path / INTERRUPTED)
    # As earlier versions wrote it.
    del saved['meta']['epoch_length']
    torch.save(saved, tmp_path / 'earlier.pth')
    saved['meta']['epoch_length'] = 'four'
    torch.save(saved, tmp_path / 'damaged.pth')
    for name, length in (('earlier', '2'), ('damaged', "'four'")):
        words = rf'{name}\.pth .* 3 batches of an epoch, which has {length}: go'
        with pytest.raises(InputError, match=words):
            train(
                toy_config(tmp_path / 'run', **{BATCH: 4}),
                resume=tmp_path / f'{name}.pth',
            )
    train(toy_config(tmp_path / 'run'), resume=tmp_path / 'earlier.pth')
    last = torch.load(tmp_path / 'run/epoch_3.pth')
    assert last['meta']['iter'] == 12


def schedule_of(folder):
    return torch.load(folder / 'epoch_3.pth')['param_schedulers'][-1]


@pytest.mark.parametrize(
    'schedule',
    [
        dict(type='CosineAnnealingLR', eta_min=1e-5),
        dict(type='CosineAnnealingLR', eta_min=1e-5, begin=2),
        dict(type='MultiStepLR', milestones=[2], gamma=0.1),
    ],
)
@pytest.mark.parametrize(('before', 'after', 'step'), [(2, 4, 6), (4, 2, 3)])
def test_a_schedule_goes_along_with_other_batches(
    before, after, step, schedule, toy_config, stopped, tmp_path
):
    options = dict(param_scheduler=[dict(schedule, convert_to_iter_based=True)])
    run, straight = tmp_path / 'run', tmp_path / 'straight'
    stopped(run, step, **options, **{BATCH: before})
    options[BATCH] = after
    train(toy_config(run, **options), resume=True)
    train(toy_config(straight, **options))
    ends = schedule_of(run), schedule_of(straight)
    for name in ('begin', 'end', 'last_step', '_global_step'):
        assert ends[0][name] == ends[1][name]
    assert ends[0]['_last_value'] == pytest.approx(ends[1]['_last_value'])
    assert 'The schedule of' not in log_of(run)


def test_a_milestone_is_not_missed_in_other_batches(
    toy_config, stopped, tmp_path
):
    schedule = dict(type='MultiStepLR', milestones=[2], gamma=0.1)
    options = dict(param_scheduler=[dict(schedule, convert_to_iter_based=True)])
    # A batch before it; the nearest batch of four is the epoch's last.
    stopped(tmp_path, 7, **options)
    train(toy_config(tmp_path, **options, **{BATCH: 4}), resume=True)
    assert schedule_of(tmp_path)['_last_value'] == pytest.approx([0.001])


def test_iterations_of_a_warm_up_stay_iterations(toy_config, stopped, tmp_path):
    warm_up = dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=5)
    options = dict(param_scheduler=[warm_up])
    stopped(tmp_path, 2, **options)
    train(toy_config(tmp_path, **options, **{BATCH: 4}), resume=True)
    # After 2 and 5 steps, at the first of which it begins.
    assert schedule_of(tmp_path)['_global_step'] == 2 + 5
    assert schedule_of(tmp_path)['_last_value'] == pytest.approx([0.01])


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        (
            {'train_cfg.max_epochs': 5},
            'ends at iteration 12, the training at 20, and all that comes '
            'later is trained at its last, smallest rate',
        ),
        (
            {'train_cfg.max_epochs': 2},
            'ends at iteration 12, the training at 8, and its last, smallest '
            'rates are not reached',
        ),
        # Two batches are left of the second epoch.
        (
            {'train_cfg.max_epochs': 2, BATCH: 4},
            'ends at iteration 12, the training at 6, and its last, smallest '
            'rates are not reached',
        ),
    ],
)
def test_another_length_than_the_schedule_has(
    changes, words, toy_config, stopped, tmp_path
):
    stopped(tmp_path, 4)
    train(toy_config(tmp_path, **changes), resume=True)
    log = log_of(tmp_path)
    told = 'The schedule of the learning rate goes on as it was: it '
    assert log.count(told) == log.count(told + words) == 1
    assert f'load_from={tmp_path / INTERRUPTED}' in log


def test_a_schedule_of_epochs_is_told_of_in_epochs(
    toy_config, stopped, tmp_path
):
    def schedules(warm_up):
        rise = dict(type='LinearLR', start_factor=0.1, end=warm_up)
        fall = dict(type='StepLR', step_size=1, gamma=0.5)
        return dict(param_scheduler=[rise, fall])

    stopped(tmp_path, 4, **schedules(warm_up=1))
    longer = {'train_cfg.max_epochs': 4, BATCH: 4}
    train(toy_config(tmp_path, **schedules(warm_up=2), **longer), resume=True)
    # And not of the first, which ends before the training in any case.
    assert 'it ends at epoch 3, the training at 4, ' in log_of(tmp_path)
