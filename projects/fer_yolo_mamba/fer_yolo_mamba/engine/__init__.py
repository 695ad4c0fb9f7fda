"""Between a config file and a running runner of mmengine."""

from . import checkpoint_fit  # noqa: F401  registers how weights are begun with
from .checkpoint_hook import CheckpointHook
from .hooks import ChannelsLastHook, ModeSwitchHook, PerClassF1Hook
from .loops import EpochBasedTrainLoop, IterBasedTrainLoop
from .seeds import EpochSeedHook, seed_worker

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
