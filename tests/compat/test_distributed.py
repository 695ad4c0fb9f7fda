"""How a run that torchrun started shares the work."""

import copy

import pytest
import torch
import torch.distributed as dist
import torch.nn as nn
from mmengine.config import Config

from fer_yolo_mamba.compat.distributed import (
    _JointBatchNorm,
    prepare_distributed,
)


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
    config.custom_hooks, config.model_wrapper_cfg = None, {}
    prepare_distributed(config)
    assert not config.model_wrapper_cfg.channels_last


@pytest.fixture
def group_of_one():
    dist.init_process_group(
        'gloo', store=dist.HashStore(), rank=0, world_size=1
    )
    yield
    dist.destroy_process_group()


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float32])
def test_under_autocast_a_norm_computes_in_single_precision(
    dtype, group_of_one
):
    torch.manual_seed(0)
    theirs = nn.BatchNorm2d(3)
    ours = copy.deepcopy(theirs)
    ours.__class__ = _JointBatchNorm
    # As many pixels a channel as bfloat16 cannot count.
    x = (torch.randn(2, 3, 19, 27) + 1).to(dtype)
    found = []
    for norm in (ours, theirs):
        maps = x.clone().requires_grad_()
        with torch.autocast('cpu', torch.bfloat16):
            y = norm(maps)
        assert y.dtype == dtype
        y.float().pow(3).mean().backward()
        found.append([y, maps.grad, *(p.grad for p in norm.parameters())])
    torch.testing.assert_close(*found)
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
