"""Training by the clock, on two drawn pictures."""

import re
from itertools import count
from time import monotonic

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine.checkpoints import load_weights
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.weights_file import load_described
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies import timed_training
from fer_yolo_mamba.studies.averaged_detector import (
    AveragedDetector,
    merge_groups,
)
from fer_yolo_mamba.studies.timed_training import (
    Training,
    rate_at,
    train_in_time,
)

TOOL = 'analysis/train_in_time'
CPU = torch.device('cpu')
SMALL = dict(batch=2, pictures_kept=16, workers=1)


@pytest.fixture
def faces_config(drawn_set, repository, tmp_path):
    """A config: an eighth of the width, composed pictures of 64 pixels."""

    def write(name='narrow_faces', width=0.125):
        path = tmp_path / f'{name}.py'
        path.write_text(
            f"""
_base_ = {str(repository / 'configs/fer_yolo_mamba_faces.py')!r}
width = dict(widen_factor={width})
model = dict(
    backbone=width, neck=width, bbox_head=dict(head_module=width)
)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='FaceMixture',
        side=64,
        sources=[
            dict(
                type='Photographs',
                share=1.0,
                max_side=64,
                dataset=dict(
                    type='FERVOCDataset',
                    data_root={str(drawn_set)!r},
                    ann_file='ImageSets/Main/train.txt',
                ),
            )
        ],
    )
)
"""
        )
        return path

    return write


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


def batch_of(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return dict(
        inputs=255 * torch.rand((2, 3, 64, 64), generator=generator),
        data_samples=dict(
            bboxes_labels=torch.tensor(
                [[0, 3, 8, 8, 40, 40], [1, 7, 20, 10, 60, 60]]
            ).float()
        ),
    )


def detector_of(config):
    return AveragedDetector(load_config(config), 'abcdefg', CPU, ())


def weights_of(detector):
    return [value.clone() for value in detector.model.parameters()]


def test_weights_load_and_become_a_weights_file(
    faces_config, call_tool, tmp_path, capsys
):
    config, out = faces_config(), tmp_path / 'out'
    begin = monotonic()
    call_tool(
        *(TOOL, config, '--seconds', 8, '--out', out, '--batch', 2),
        *('--pictures-kept', 64, '--workers', 1),
    )
    # However slow the machine: less than a step and a start too much.
    assert monotonic() - begin < 16
    log = (out / 'narrow_faces.log').read_text()
    printed = capsys.readouterr().out
    assert set(log.splitlines()) <= set(printed.splitlines())
    assert re.search(r'\d+ trained and \d+ composed pictures/s; narrow_f', log)
    assert 'loss_bbox_aux' in log
    (path,) = out.glob('*.pth')
    steps = int(re.fullmatch(r'narrow_faces_step(\d+)_1of1.pth', path.name)[1])
    assert steps >= 3

    model = MODELS.build(load_config(config).model)
    meta = load_weights(model, path)
    assert meta['dataset_meta']['classes'][3] == 'Happy'
    described = tmp_path / 'faces.safetensors'
    call_tool('convert_checkpoint', path, described, '--config', config)
    # ... of which a training can start.
    _, loaded = load_described(described)
    began = AveragedDetector(load_config(config), 'abcdefg', CPU, [described])
    torch.testing.assert_close(
        dict(began.model.named_parameters()), dict(loaded.named_parameters())
    )


def test_the_last_files_are_written_before_the_time_is_over(
    faces_config, tmp_path, monkeypatch
):
    clock = count(1.0)
    monkeypatch.setattr(timed_training, 'monotonic', clock.__next__)
    lines = []
    config = load_config(faces_config())
    train_in_time([config], tmp_path, Training(24, **SMALL), log=lines.append)
    assert next(clock) <= 25
    written = [line for line in lines if 'written' in line]
    assert 2 <= len(written) <= 4
    last_step = written[-1].split()[-1]
    assert [path.name for path in tmp_path.glob('*.pth')] == [
        f'narrow_faces_step{last_step}_1of1.pth'
    ]


def test_two_learn_from_the_same_batches(faces_config, tmp_path, monkeypatch):
    monkeypatch.setattr(timed_training, 'monotonic', count(1.0).__next__)
    seen = {}

    def step(self, batch, rate, step):
        seen.setdefault(self.name, []).append(batch['inputs'])

    monkeypatch.setattr(AveragedDetector, 'step', step)
    configs = [
        load_config(faces_config('one')),
        load_config(faces_config('two', width=0.0625)),
    ]
    train_in_time(configs, tmp_path, Training(14, **SMALL), log=str)
    assert len(seen['one']) == len(seen['two']) >= 3
    for one, two in zip(seen['one'], seen['two'], strict=True):
        assert torch.equal(one, two)
    assert {path.name.split('_')[0] for path in tmp_path.glob('*.pth')} == {
        'one',
        'two',
    }


def test_a_gradient_that_is_not_finite_changes_no_weight(faces_config):
    detector = detector_of(faces_config())
    before = weights_of(detector)
    detector.step(dict(batch_of(), inputs=batch_of()['inputs'] * 1e38), 1.0, 0)
    for value, old in zip(weights_of(detector), before, strict=True):
        assert torch.equal(value, old)
    detector.step(batch_of(), 1.0, 1)
    assert any(
        not torch.equal(value, old)
        for value, old in zip(weights_of(detector), before, strict=True)
    )


def test_a_part_is_trained_and_the_rest_stays(faces_config):
    head = 'bbox_head.head_module.multi_level_reg_convs'
    config = load_config(faces_config())
    detector = AveragedDetector(config, 'abcdefg', CPU, (), [head])
    before = {k: v.clone() for k, v in detector.model.state_dict().items()}
    for step in range(2):
        detector.step(batch_of(step), 1.0, step)
    for network in (detector.model, detector.averaged):
        changed = {
            name
            for name, value in network.state_dict().items()
            if not torch.equal(value, before[name])
        }
        assert changed == {
            name
            for name, _ in network.named_parameters()
            if name.startswith(head)
        }


def test_a_part_that_is_none(faces_config):
    config = load_config(faces_config())
    with pytest.raises(InputError, match=r'named heads…: names begin with'):
        AveragedDetector(config, 'abcdefg', CPU, (), ['heads'])


def test_parameters_of_the_same_settings_are_one_group(faces_config):
    config = load_config(faces_config())
    model = MODELS.build(config.model)
    optimizer = build_optim_wrapper(model, config.optim_wrapper).optimizer
    decays = {
        id(value): group['weight_decay']
        for group in optimizer.param_groups
        for value in group['params']
    }
    merge_groups(optimizer)
    # The backbone, and of the rest what decays and what does not.
    assert len(optimizer.param_groups) == 3
    assert decays == {
        id(value): group['weight_decay']
        for group in optimizer.param_groups
        for value in group['params']
    }


@pytest.mark.parametrize(
    ('step', 'part', 'rate'),
    [
        (0, 0.0, 1 / 400),
        (199, 0.0, 0.5),
        # Few steps in the time: it ends the warm-up.
        (2, 0.2, 0.9),
        (399, 0.5, 0.5),
        (2000, 1.0, 0.005),
    ],
)
def test_rate(step, part, rate):
    assert rate_at(step, part) == pytest.approx(rate, abs=0.01)


def test_a_killed_run_leaves_whole_files(faces_config, tmp_path, monkeypatch):
    monkeypatch.setattr(timed_training, 'monotonic', count(1.0).__next__)
    config = load_config(faces_config())

    def log(line):
        if 'written' in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_in_time([config], tmp_path, Training(14, **SMALL), log=log)
    (path,) = tmp_path.glob('*.pth')
    load_weights(MODELS.build(config.model), path)
    assert 'written' in (tmp_path / 'narrow_faces.log').read_text()


def test_no_time_for_a_step(faces_config, tmp_path, monkeypatch):
    monkeypatch.setattr(timed_training, 'monotonic', count(5.0, 5.0).__next__)
    config = load_config(faces_config())
    with pytest.raises(InputError, match='give more seconds'):
        train_in_time([config], tmp_path, Training(4, **SMALL), log=str)


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        (['--seconds', 0], 'argument --seconds: 0 is not a number'),
        (['--workers', 0], 'argument --workers: 0 is not a whole number'),
        (['--batch', 0], 'argument --batch: 0 is not a whole number'),
        (['--batch', 9, '--pictures-kept', 8], 'keep at least a batch'),
        (['--init', 'none.pth'], 'none.pth'),
        (['--init', 'none.safetensors'], 'none.safetensors'),
    ],
)
def test_what_cannot_be(arguments, complaint, faces_config, refusal, tmp_path):
    out = tmp_path / 'out'
    small = ('--seconds', 5, '--out', out, '--workers', 1)
    assert complaint in refusal(TOOL, faces_config(), *small, *arguments)


def test_pictures_that_are_not_composed(narrow_config, tmp_path):
    config = load_config(narrow_config)
    with pytest.raises(InputError, match='not composed'):
        train_in_time([config], tmp_path, Training(5))


def test_other_pictures_of_another_config(faces_config, tmp_path):
    configs = [load_config(faces_config(name)) for name in 'ab']
    configs[1].train_dataloader.dataset.mosaic = 0.5
    with pytest.raises(InputError, match='other pictures'):
        train_in_time(configs, tmp_path, Training(5))
