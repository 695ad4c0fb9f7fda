"""Hooks of the training and evaluation loops."""

from .channels_last_hook import ChannelsLastHook
from .epoch_seed_hook import EpochSeedHook, seed_worker
from .mode_switch_hook import ModeSwitchHook
from .per_class_f1_hook import PerClassF1Hook

__all__ = [
    'ChannelsLastHook',
    'EpochSeedHook',
    'ModeSwitchHook',
    'PerClassF1Hook',
    'seed_worker',
]
