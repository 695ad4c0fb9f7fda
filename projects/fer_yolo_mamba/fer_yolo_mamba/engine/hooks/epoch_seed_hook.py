"""Random numbers that depend on the epoch alone, so that resuming is exact."""

import random

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import FUNCTIONS
from mmengine.runner import Runner
from mmyolo.registry import HOOKS


def _seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seeds every generator anew before each training epoch.

    The seed follows from the run's seed, the epoch and the process, so a
    resumed run draws the augmentations that the uninterrupted one would have.
    The workers of the data loader must start with the epoch:
    ``persistent_workers=False`` and ``worker_init_fn=dict(type=
    'seed_worker')`` in the data loader's config.
    """

    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner: Runner) -> None:
        """Seeds Python, NumPy and torch in this process."""
        sequence = np.random.SeedSequence(
            [runner.seed, runner.epoch, get_rank()]
        )
        _seed_all(int(sequence.generate_state(1)[0]))


@FUNCTIONS.register_module()
def seed_worker(worker_id: int) -> None:
    """Seeds a data loader's worker from torch's seed for it.

    torch draws that seed in the main process as an epoch begins;
    mmengine's own initialisation would repeat the same one every epoch.
    """
    _seed_all(torch.initial_seed() % 2**32)
    # One picture at a time a worker: more threads only get in each other's way.
    torch.set_num_threads(1)
