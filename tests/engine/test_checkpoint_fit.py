"""A checkpoint is taken over by the run that it is of, and by no other."""

import copy
from collections import OrderedDict
from types import SimpleNamespace

import pytest
import torch
import torch.nn as nn
from mmengine.hooks import CheckpointHook
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModule
from mmengine.optim import MultiStepLR, OptimWrapper, StepLR

from fer_yolo_mamba.engine import checkpoint_fit
from fer_yolo_mamba.engine.checkpoint_fit import (
    CheckpointFitHook,
    misfits_refused,
)
from fer_yolo_mamba.errors import InputError


@pytest.fixture
def runner(tmp_path):
    """What the hook asks of one, after a step."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.rand(2, 3, 4, 4)).sum().backward()
    optimizer.step()
    return SimpleNamespace(
        model=model,
        optim_wrapper=OptimWrapper(optimizer),
        param_schedulers=[
            StepLR(optimizer, step_size=2),
            MultiStepLR(optimizer, milestones=[3]),
        ],
        message_hub=object(),
        hooks=[CheckpointHook()],
        work_dir=str(tmp_path),
        _load_from='epoch_1.pth',
        _resume=True,
    )


@pytest.fixture
def checkpoint(runner):
    """One of this run."""
    return copy.deepcopy(
        dict(
            meta=dict(epoch=1, iter=2, seed=0),
            state_dict=runner.model.state_dict(),
            optimizer=runner.optim_wrapper.state_dict(),
            param_schedulers=[x.state_dict() for x in runner.param_schedulers],
            message_hub=dict(
                log_scalars=OrderedDict(loss=HistoryBuffer()),
                runtime_info=OrderedDict(
                    keep_ckpt_ids=[1],
                    best_ckpt=f'{runner.work_dir}/best_mAP_epoch_1.pth',
                ),
                resumed_keys=OrderedDict(loss=True),
            ),
        )
    )


def load(runner, checkpoint):
    CheckpointFitHook().after_load_checkpoint(runner, checkpoint)


def test_its_own_is_taken_as_it_is(runner, checkpoint):
    before = copy.deepcopy(checkpoint['message_hub']['runtime_info'])
    load(runner, checkpoint)
    assert checkpoint['message_hub']['runtime_info'] == before


def test_a_new_schedule_may_have_other_milestones(runner, checkpoint):
    optimizer = runner.optim_wrapper.optimizer
    runner.param_schedulers[1] = MultiStepLR(optimizer, milestones=[5, 7])
    load(runner, checkpoint)


def other_shape(checkpoint):
    checkpoint['state_dict']['0.weight'] = torch.zeros(4, 5, 1, 1)


def without(*keys):
    def change(checkpoint):
        for key in keys[:-1]:
            checkpoint = checkpoint[key]
        del checkpoint[keys[-1]]

    return change


def put(value, *keys):
    def change(checkpoint):
        for key in keys[:-1]:
            checkpoint = checkpoint[key]
        checkpoint[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        (other_shape, r'1 of 7 parameters differ \(of .0.weight'),
        (without('state_dict', '1.bias'), 'it has none'),
        (
            put(torch.zeros(4).long(), 'state_dict', '0.bias'),
            r'it has integers \(4,\), the model floats \(4,\)',
        ),
        (without('message_hub'), 'no message_hub'),
        (without('optimizer'), 'no optimizer'),
        (without('meta', 'epoch'), 'how far'),
        (put('1', 'meta', 'iter'), 'how far'),
        (put(10**400, 'meta', 'epoch'), 'how far'),
        (put(-1, 'meta', 'seed'), 'how far'),
        (without('message_hub', 'log_scalars'), 'log is of another kind'),
        (put({'loss': 1}, 'message_hub', 'log_scalars'), 'log is of another'),
        (put([], 'optimizer', 'param_groups'), 'optimizer'),
        (put('fast', 'optimizer', 'param_groups', 0, 'lr'), 'optimizer'),
        (put({9: {}}, 'optimizer', 'state'), 'optimizer'),
        (
            put(torch.zeros(3), 'optimizer', 'state', 0, 'exp_avg'),
            'optimizer is of another network',
        ),
        (put(3, 'param_schedulers'), 'schedule'),
        (put(3, 'param_schedulers', 0, 'step'), 'schedule'),
        (put('x', 'param_schedulers', 0, 'last_step'), 'schedule'),
    ],
)
def test_what_is_of_another_run_is_refused(change, words, runner, checkpoint):
    change(checkpoint)
    with pytest.raises(InputError, match=words) as refused:
        load(runner, checkpoint)
    assert 'epoch_1.pth' in str(refused.value)


def test_a_beginning_needs_the_weights_alone(runner, checkpoint):
    weights = dict(meta={}, state_dict=checkpoint['state_dict'])
    with pytest.raises(InputError, match=r'load_from=.* in place of --resume'):
        load(runner, dict(weights))
    runner._resume = False
    load(runner, weights)
    other_shape(checkpoint)
    with pytest.raises(InputError, match=r"type='Pretrained'"):
        load(runner, checkpoint)


@pytest.mark.parametrize(
    ('key', 'value', 'expected'),
    [
        ('best_ckpt', '/home/me/thesis.pth', '{folder}/thesis.pth'),
        ('best_ckpt_fer', '../../a.pth', '{folder}/a.pth'),
        ('best_ckpt', '/home/me', None),
        ('best_ckpt', '..', None),
        ('last_ckpt', ['a.pth'], None),
    ],
)
def test_names_mean_files_of_the_own_folder(
    key, value, expected, runner, checkpoint
):
    info = checkpoint['message_hub']['runtime_info']
    info[key] = value
    load(runner, checkpoint)
    assert info[key] == (expected and expected.format(folder=runner.work_dir))


@pytest.mark.parametrize(
    'numbers', [['../../thesis'], [-1], [True], 'epoch', (1,), {}]
)
def test_numbers_of_checkpoints_are_numbers(numbers, runner, checkpoint):
    info = checkpoint['message_hub']['runtime_info']
    info['keep_ckpt_ids'] = numbers
    load(runner, checkpoint)
    assert 'keep_ckpt_ids' not in info


def test_whatever_else_fails_is_one_sentence():
    with (
        pytest.raises(InputError, match=r'a\.pth is none of .* \(\'epoch\'\)'),
        misfits_refused('a.pth'),
    ):
        raise KeyError('epoch')


class Part(BaseModule):
    """A network with a head for some classes."""

    def __init__(self, classes, **settings):
        super().__init__(**settings)
        self.conv = nn.Conv2d(3, 16, 3)
        self.head = nn.Conv2d(16, classes, 1)


def begun_with(path, classes):
    part = Part(classes, init_cfg=dict(type='Pretrained', checkpoint=str(path)))
    part.init_weights()
    return part


def test_pretrained_takes_what_fits(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(
        checkpoint_fit, 'print_log', lambda text, *_: said.append(text)
    )
    eighty, path = Part(20), tmp_path / 'coco.pth'
    torch.save(dict(state_dict=eighty.state_dict()), path)
    seven = begun_with(path, classes=7)
    assert torch.equal(seven.conv.weight, eighty.conv.weight)
    assert said == [
        f"Part has all weights of {path} but 'head.bias', 'head.weight'."
    ]


def test_pretrained_refuses_another_network(tmp_path):
    path = tmp_path / 'other.pth'
    torch.save(dict(state_dict=nn.Conv2d(3, 16, 3).state_dict()), path)
    with pytest.raises(InputError, match=r'4 of the 4 weights of Part'):
        begun_with(path, classes=7)
