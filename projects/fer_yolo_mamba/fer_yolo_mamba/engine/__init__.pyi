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
