"""How a run that torchrun started shares the work."""

import torch
from mmengine.config import Config

from fer_yolo_mamba.compat.distributed import prepare_distributed


def test_a_wrapper_of_the_config_stays(monkeypatch):
    monkeypatch.setattr(torch.distributed, 'init_process_group', print)
    given = dict(type='MMDistributedDataParallel', static_graph=True)
    config = Config(
        dict(
            launcher='pytorch',
            custom_hooks=[dict(type='ChannelsLastHook')],
            model_wrapper_cfg=given,
        )
    )
    prepare_distributed(config)
    assert dict(config.model_wrapper_cfg, **given) == config.model_wrapper_cfg
    # Which no wrapper but ours knows.
    assert 'channels_last' not in config.model_wrapper_cfg
    config.model_wrapper_cfg.pop('type')
    prepare_distributed(config)
    assert config.model_wrapper_cfg.type == 'mmyolo.JointDataParallel'
    assert config.model_wrapper_cfg.channels_last
