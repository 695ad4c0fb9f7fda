"""What runs during training and evaluation beside the network."""

from .hooks import (
    ChannelsLastHook,
    EpochSeedHook,
    ModeSwitchHook,
    PerClassF1Hook,
    seed_worker,
)

__all__ = [
    'ChannelsLastHook',
    'EpochSeedHook',
    'ModeSwitchHook',
    'PerClassF1Hook',
    'seed_worker',
]
