"""Misspelt settings, numbers that cannot be and backends that are not there."""

import pytest

from fer_yolo_mamba.engine import settings
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.runner import build_runner
from fer_yolo_mamba.engine.settings import check_settings
from fer_yolo_mamba.errors import InputError

# What is wrong, where it is, and what is right.
FAULTS = [
    ('optim_wrapper.optimizer.learning_rate', 0.1, 'use lr.'),
    ('optim_wrapper.optimizer.lr', 'high', 'a number above 0'),
    ('optim_wrapper.optimizer.lr', -0.1, 'a number above 0'),
    ('optim_wrapper.optimizer.type', 'Adamm', 'use Adam.'),
    ('optim_wrapper.optimiser.lr', 0.1, 'use optimizer.'),
    ('optim_wrapper.clip_gradd.max_norm', 35, 'use clip_grad.'),
    ('param_scheduler.0.begn', 1, 'use begin.'),
    ('train_cfg.max_epoch', 3, 'use max_epochs.'),
    ('train_cfg.max_epochs', 0, '1 or more'),
    ('train_cfg.val_interval', 0.5, 'a whole number'),
    ('test_cfg.type', 'TestLop', 'use TestLoop.'),
    ('train_dataloader.batch_size', 0, '1 or more'),
    ('train_dataloader.batchsize', 4, 'use batch_size.'),
    ('val_dataloader.num_workers', -1, '0 or more'),
    ('train_dataloader.sampler.suffle', True, 'use shuffle.'),
    ('train_dataloader.dataset.type', 'FERVocDataset', 'use FERVOCDataset.'),
    ('train_dataloader.dataset.one_base', True, 'use one_based.'),
    ('train_dataloader.dataset.pipeline.0.type', 'LoadImage', 'use Load'),
    ('val_evaluator.type', 'FerMetric', 'use FERMetric.'),
    ('test_evaluator.iou_threshold', 0.5, 'use iou_thr.'),
    ('default_hooks.checkpont.interval', 2, 'use checkpoint.'),
    ('default_hooks.checkpoint.save_bset', 'auto', 'use save_best.'),
    ('custom_hooks.0.num_last_epoch', 2, 'use num_last_epochs.'),
    ('model.neck.type', 'YOLOXPAFN', 'use YOLOXPAFPN.'),
    ('model.neck.type', 'NeckOfMine', 'name a registered one, or the module'),
    ('model.backbone.deepen_facto', 0.5, 'use deepen_factor.'),
    ('model.bbox_head.head_module.num_clases', 7, 'use num_classes.'),
    ('model.bbox_head.loss_cls.weight', 2, 'use loss_weight.'),
    ('model.train_cfg.assigner.centre_radius', 2.5, 'use center_radius.'),
    ('model.bbox_head.loss_cls.type', 'mmdet.FocalLos', 'use mmdet.FocalLoss.'),
]


@pytest.mark.parametrize(('key', 'value', 'remedy'), FAULTS)
def test_it_is_named_with_what_is_right(key, value, remedy, narrow_config):
    config = load_config(narrow_config, {key: value})
    with pytest.raises(InputError) as refused:
        check_settings(config)
    (line,) = str(refused.value).splitlines()
    *_, parent, name = key.split('.')
    # Where a part has no such name, the part is what is told.
    assert name in line or parent in line
    assert remedy in line


def test_a_name_like_no_other_is_to_be_left_out(narrow_config):
    config = load_config(narrow_config, {'train_cfg.zzz': 1})
    with pytest.raises(InputError, match=r'train_cfg\.zzz .*: leave it out'):
        check_settings(config)


def test_workers_that_stay_need_workers(narrow_config):
    options = {
        'train_dataloader.num_workers': 0,
        'train_dataloader.persistent_workers': True,
    }
    with pytest.raises(InputError, match='persistent_workers=False'):
        check_settings(load_config(narrow_config, options))


def test_parts_of_a_data_set_are_looked_at(narrow_config):
    config = load_config(narrow_config)
    one = config.train_dataloader.dataset
    config.train_dataloader.dataset = dict(
        type='ConcatDataset',
        datasets=[one, dict(type='RepeatDataset', times=2, dataset=dict(one))],
    )
    check_settings(config)
    config.train_dataloader.dataset.datasets[1].dataset.one_base = True
    with pytest.raises(InputError, match=r'datasets\[1\]\.dataset\.one_base'):
        check_settings(config)


@pytest.mark.parametrize('name', ['tensorboard', 'wandb'])
def test_a_backend_that_is_not_installed(name, narrow_config, monkeypatch):
    installed = []
    monkeypatch.setattr(
        settings, 'find_spec', lambda module: module in installed or None
    )
    kind = dict(tensorboard='Tensorboard', wandb='Wandb')[name]
    backends = [dict(type='LocalVisBackend'), dict(type=f'{kind}VisBackend')]
    config = load_config(narrow_config, {'visualizer.vis_backends': backends})
    with pytest.raises(InputError, match=f'pip install {name}, or take it out'):
        check_settings(config)
    installed.append(name)
    check_settings(config)


@pytest.mark.parametrize(
    'name', ['fer_yolo_mamba_faces', 'ablations/oss_sfew', 'baselines/ssd_demo']
)
def test_the_configs_of_this_project_pass(name, repository):
    check_settings(load_config(repository / f'configs/{name}.py'))


def test_what_a_layer_of_the_model_does_not_take(narrow_config, tmp_path):
    config = load_config(
        narrow_config, {'model.backbone.norm_cfg.momentun': 0.1}, tmp_path
    )
    with pytest.raises(InputError, match=r"narrow\.py cannot be .*'momentun'"):
        build_runner(config)
