"""What a run logs, and what it keeps for itself."""

import logging

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmyolo.registry import MODELS

from fer_yolo_mamba.engine import plain_runner
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.plain_runner import forget_runs, unlogged
from fer_yolo_mamba.engine.runner import build_runner
from fer_yolo_mamba.engine.training import train


def build(config, folder, **options):
    return build_runner(load_config(config, options, folder))


@pytest.fixture
def written(narrow_config, tmp_path):
    """The log of a runner that weights and an optimizer were made in."""
    runner = build(narrow_config, tmp_path)
    runner._init_model_weights()
    optimizer = dict(
        type='OptimWrapper',
        optimizer=dict(type='SGD', lr=0.1),
        paramwise_cfg=dict(bias_lr_mult=2.0),
    )
    runner.build_optim_wrapper(optimizer)
    runner.logger.warning('something else')
    (path,) = tmp_path.glob('*/*.log')
    return path.read_text()


def test_the_log_shows_what_counts(written):
    assert 'torch 2' in written and 'seed: 0' in written
    assert 'EMAHook' in written and 'something else' in written
    # No resolved config, and no line about each parameter.
    for word in ('dict(', 'init_info', 'Initialization', 'paramwise_options'):
        assert word not in written
    assert len(written.splitlines()) < 10


def test_the_config_has_its_own_file(narrow_config, tmp_path):
    build(narrow_config, tmp_path)
    assert 'FERYOLOMambaPAFPN' in (tmp_path / 'resolved_config.py').read_text()


def test_runs_of_one_process_draw_into_their_own_folders(
    narrow_config, tmp_path
):
    runners = [build(narrow_config, tmp_path / name) for name in 'ab']
    for runner, name in zip(runners, 'ab', strict=True):
        runner.visualizer.add_scalar('loss', 1.0)
        (written,) = (tmp_path / name).glob('*/vis_data/*.json')
        assert written.read_text()


def test_checkpoints_keep_the_latest_values_alone(
    toy_config, tmp_path, monkeypatch
):
    """Of a training of many iterations, lists of all would become long."""
    monkeypatch.setattr(plain_runner, '_REMEMBERED', 5)
    train(toy_config(tmp_path))
    hub = torch.load(tmp_path / 'epoch_3.pth', weights_only=False)[
        'message_hub'
    ]
    for name in ('train/loss', 'train/time', 'train/lr'):
        values, _ = hub['log_scalars'][name].data
        assert len(values) == 5, name
    assert len(hub['log_scalars']['val/fer/mAP'].data[0]) == 2


def test_a_network_can_be_made_without_a_word(capsys):
    logger = MMLogger.get_current_instance()
    lines = []
    handler = logging.Handler()
    handler.emit = lines.append
    logger.addHandler(handler)
    try:
        with unlogged():
            logger.info('each parameter')
            logger.warning('a fault')
        logger.info('later')
    finally:
        logger.removeHandler(handler)
    assert [record.getMessage() for record in lines] == ['a fault', 'later']


def test_a_network_is_made_after_a_run_whose_log_was_closed(
    narrow_config, tmp_path
):
    build(narrow_config, tmp_path)
    # As libraries do that set up their own logging.
    logging.shutdown(logging._handlerList[:])
    forget_runs()
    with DefaultScope.overwrite_default_scope('mmyolo'):
        MODELS.build(load_config(narrow_config).model).init_weights()
