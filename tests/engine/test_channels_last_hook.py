"""Channels last: another layout, the same weights."""

from types import SimpleNamespace

import torch
import torch.nn as nn
from mmengine.model import MMDistributedDataParallel
from mmengine.runner import get_priority
from mmyolo.registry import HOOKS

from fer_yolo_mamba.engine import ChannelsLastHook
from fer_yolo_mamba.engine.config import load_config


def make_network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))


def test_parameters_keep_their_values_and_their_identity():
    network, images = make_network(), torch.rand(2, 3, 9, 7)
    parameters, expected = list(network.parameters()), network(images)
    ChannelsLastHook().before_run(SimpleNamespace(model=network))
    output = network(images)
    assert output.is_contiguous(memory_format=torch.channels_last)
    assert not output.is_contiguous()
    torch.testing.assert_close(output, expected)
    for old, new in zip(parameters, network.parameters(), strict=True):
        assert old is new


def test_the_moving_average_comes_later(repository):
    config = load_config(repository / 'configs/fer_yolo_mamba_rafdb.py')
    priorities = {
        hook['type']: get_priority(
            hook.get('priority') or HOOKS.get(hook['type']).priority
        )
        for hook in config.custom_hooks
    }
    assert priorities['ChannelsLastHook'] < priorities['EMAHook']


def test_a_wrapped_model_stays_as_it_is():
    class Wrapped(MMDistributedDataParallel):
        def __init__(self, module):
            nn.Module.__init__(self)
            self.module = module

    wrapped = Wrapped(make_network())
    ChannelsLastHook().before_run(SimpleNamespace(model=wrapped))
    assert wrapped.module[0].weight.is_contiguous()
