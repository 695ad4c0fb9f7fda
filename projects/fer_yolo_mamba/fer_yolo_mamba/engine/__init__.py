"""What runs during training and evaluation beside the network."""

from .hooks import EpochSeedHook, ModeSwitchHook, PerClassF1Hook, seed_worker

__all__ = ['EpochSeedHook', 'ModeSwitchHook', 'PerClassF1Hook', 'seed_worker']
