from .hooks import ChannelsLastHook, ModeSwitchHook, PerClassF1Hook
from .seeds import EpochSeedHook, seed_worker

__all__ = [
    'ChannelsLastHook',
    'EpochSeedHook',
    'ModeSwitchHook',
    'PerClassF1Hook',
    'seed_worker',
]
