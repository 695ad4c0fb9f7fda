from .acceleration import BFloat16OptimWrapper, CompileHook, ForeachEMA
from .checkpoint_hook import CheckpointHook
from .hooks import ChannelsLastHook, ModeSwitchHook, PerClassF1Hook
from .loops import EpochBasedTrainLoop, IterBasedTrainLoop
from .seeds import EpochSeedHook, seed_worker

__all__ = [
    'BFloat16OptimWrapper',
    'ChannelsLastHook',
    'CheckpointHook',
    'CompileHook',
    'EpochBasedTrainLoop',
    'EpochSeedHook',
    'ForeachEMA',
    'IterBasedTrainLoop',
    'ModeSwitchHook',
    'PerClassF1Hook',
    'seed_worker',
]
