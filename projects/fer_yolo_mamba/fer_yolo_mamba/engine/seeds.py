"""Chance in a training: the same again, whatever loads and shares the work."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import FUNCTIONS
from mmengine.runner import Runner
from mmyolo.registry import HOOKS
from torch.utils.data import Dataset, Sampler

from ..errors import InputError
from .classes import dicts_in

# Transforms of mmyolo and mmdet that mix in pictures of earlier calls.
_REMEMBERING = ('CachedMosaic', 'CachedMixUp')


def use_seed(
    config: Config, seed: int | None = None, deterministic: bool = False
) -> None:
    """Settles the chances of a run, and whether two runs are the same.

    Args:
        config: Is changed.
        seed: Another than the config's.
        deterministic: Whether to let torch use operations alone that give the
            same result every time, and refuse others. On a CPU a training is
            the same again in any case. On a GPU it is slower; this project's
            Triton kernels add in no fixed order, so their results differ in
            the last digits even then.

    Raises:
        InputError: A transform of the training depends on what else its
            worker has loaded.
    """
    randomness = {'seed': None, **config.get('randomness', {})}
    if seed is not None:
        randomness['seed'] = seed
    if deterministic:
        for part in dicts_in(config.get('train_dataloader')):
            kind = str(part.get('type')).split('.')[-1]
            if part.get('use_cached') or kind in _REMEMBERING:
                raise InputError(
                    f'--deterministic: {kind} mixes in pictures that its '
                    'worker happens to have loaded: use Mosaic or YOLOXMixUp '
                    'with use_cached=False.'
                )
        randomness['deterministic'] = True
        # Without it cuBLAS refuses; it is read when CUDA is first used.
        os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
    config.randomness = randomness


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Lets chance follow from the run's seed, the epoch and the picture.

    What transforms draw for a picture, and which others Mosaic and MixUp put
    beside it, follows from the seed, the epoch and the place of the picture in
    the data set. So it is the same with any number of the data loader's
    workers and of processes, and in a run that was resumed. All else, such as
    the drop-out of a network, follows from the seed, the epoch and the process.

    A data set with methods ``set_seed`` and ``set_epoch``, such as
    ``FaceMixture``, is told them, also within wrappers such as
    ``ConcatDataset``. Earlier versions told no seed; their runs go on so.

    The workers of the data loader must start with the epoch:
    ``persistent_workers=False``. A sampler without epochs, such as
    ``InfiniteSampler``, shows a picture again without saying how often it did:
    chance then follows from the worker, for which ``worker_init_fn=dict(type=
    'seed_worker')`` is needed. Transforms that keep pictures from one call to
    the next (``use_cached=True`` of Mosaic and MixUp) depend on the worker in
    any case.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self._tells_seed = True

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Notes that data sets are told the seed."""
        checkpoint['meta']['tells_seed'] = self._tells_seed

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Composes the pictures of a resumed run as it began to."""
        if runner._resume:
            self._tells_seed = checkpoint['meta'].get('tells_seed', False)

    def before_train_epoch(self, runner: Runner) -> None:
        """Seeds this process, and settles what its data set will draw."""
        seed = _seed_all(runner.seed, runner.epoch, get_rank())
        torch.cuda.manual_seed_all(seed)
        loader = runner.train_dataloader
        for part in parts_of(loader.dataset):
            if self._tells_seed and hasattr(part, 'set_seed'):
                part.set_seed(runner.seed)
            if hasattr(part, 'set_epoch'):
                part.set_epoch(runner.epoch)
        sampler = getattr(loader.batch_sampler, 'sampler', None)
        if hasattr(sampler, 'epoch'):
            # What a data loader calls for a batch where it is there.
            loader.dataset.__getitems__ = partial(
                _pictures, loader.dataset, sampler, (runner.seed, runner.epoch)
            )


@FUNCTIONS.register_module()
def seed_worker(worker_id: int) -> None:
    """Seeds a data loader's worker from torch's seed for it.

    torch draws that seed in the main process as an epoch begins;
    mmengine's own initialisation would repeat the same one every epoch.
    """
    _seed_all(torch.initial_seed())
    # One picture at a time a worker: more threads only get in each other's way.
    torch.set_num_threads(1)


def parts_of(dataset: Dataset) -> Iterator[Dataset]:
    """A data set and all that are wrapped in it."""
    yield dataset
    for part in wrapped_in(dataset):
        yield from parts_of(part)


def wrapped_in(dataset: Dataset) -> list[Dataset]:
    """Those that a data set is directly made of; none if it is no wrapper."""
    one = [dataset.dataset] if hasattr(dataset, 'dataset') else []
    return [*getattr(dataset, 'datasets', ()), *one]


def _pictures(
    dataset: Dataset,
    sampler: Sampler,
    run: tuple[int, int],
    indices: Sequence[int],
) -> list:
    """Those of a batch, each with chances of its own.

    The sampler knows how often a loop that counts iterations has begun anew.
    """
    pictures = []
    for index in indices:
        with _seeded(*run, sampler.epoch, index):
            pictures.append(dataset[index])
    return pictures


@contextmanager
def _seeded(*entropy: int) -> Iterator[None]:
    """Other chances meanwhile; those of the process go on afterwards."""
    kept = random.getstate(), np.random.get_state(), torch.get_rng_state()
    _seed_all(*entropy)
    try:
        yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])
        torch.set_rng_state(kept[2])


def _seed_all(*entropy: int) -> int:
    """Seeds Python, NumPy and torch on the CPU; returns the seed."""
    seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
    random.seed(seed)
    np.random.seed(seed)
    torch.default_generator.manual_seed(seed)
    return seed
