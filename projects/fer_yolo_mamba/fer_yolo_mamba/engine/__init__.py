"""Between a config file and a running runner of mmengine."""

from . import checkpoint_fit  # noqa: F401  registers how weights are begun with
from .checkpoint_hook import CheckpointHook
from .hooks import (
    ChannelsLastHook,
    EpochSeedHook,
    ModeSwitchHook,
    PerClassF1Hook,
    seed_worker,
)
from .loops import EpochBasedTrainLoop, IterBasedTrainLoop

__all__ = [
    'ChannelsLastHook',
    'CheckpointHook',
    'EpochBasedTrainLoop',
    'EpochSeedHook',
    'IterBasedTrainLoop',
    'ModeSwitchHook',
    'PerClassF1Hook',
    'seed_worker',
]
