"""What chance does in a training: the same for any number of workers."""

import random
from collections import defaultdict
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.dataset import BaseDataset, RepeatDataset
from mmengine.runner import Runner
from torch.utils.data import ConcatDataset, Dataset, Subset

from fer_yolo_mamba.datasets.drawn_faces import make_demo_set
from fer_yolo_mamba.engine import EpochSeedHook, seed_worker
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.runner import build_runner
from fer_yolo_mamba.engine.seeds import use_seed
from fer_yolo_mamba.errors import InputError


def draws():
    return random.random(), float(np.random.rand()), torch.rand(1).item()


class Draw:
    """A picture that is nothing but what chance says."""

    def __call__(self, results):
        return results['number'], draws()


class Numbers(BaseDataset):
    def load_data_list(self):
        return [dict(number=number) for number in range(6)]


def loader_of(dataset, workers=0, sampler='DefaultSampler', batch_size=2):
    return Runner.build_dataloader(
        dict(
            dataset=dataset,
            batch_size=batch_size,
            num_workers=workers,
            sampler=dict(type=sampler, shuffle=True),
            worker_init_fn=dict(type='seed_worker'),
            collate_fn=dict(type=list),
        ),
        seed=0,
    )


def begin_epoch(loader, epoch, seed=0):
    runner = SimpleNamespace(seed=seed, epoch=epoch, train_dataloader=loader)
    EpochSeedHook().before_train_epoch(runner)


def epoch_of(loader, epoch=0, seed=0):
    """What is drawn for each number, every time that it comes."""
    begin_epoch(loader, epoch, seed)
    drawn = defaultdict(list)
    for number, chances in chain.from_iterable(loader):
        drawn[number].append(chances)
    return dict(drawn)


def numbers():
    return Numbers(pipeline=[Draw()])


@pytest.fixture(scope='module')
def without_workers():
    return epoch_of(loader_of(numbers()))


@pytest.mark.parametrize(('workers', 'batch_size'), [(1, 2), (2, 2), (2, 3)])
def test_workers_and_batches_change_no_picture(
    workers, batch_size, without_workers
):
    loader = loader_of(numbers(), workers, batch_size=batch_size)
    assert epoch_of(loader) == without_workers


def test_seeds_epochs_and_pictures_have_chances_of_their_own(without_workers):
    loader = loader_of(numbers())
    drawn = [without_workers, epoch_of(loader, 1), epoch_of(loader, seed=1)]
    values = [chance for epoch in drawn for (chance,) in epoch.values()]
    assert len(set(values)) == 18


def test_the_same_picture_again_in_an_epoch_is_another():
    drawn = epoch_of(loader_of(RepeatDataset(numbers(), times=2)))
    assert all(one != other for one, other in drawn.values())


def test_a_loop_of_iterations_begins_anew_with_other_pictures(without_workers):
    loader = loader_of(numbers())
    begin_epoch(loader, 0)
    loader.sampler.set_epoch(1)  # as mmengine does there
    for number, chances in chain.from_iterable(loader):
        assert chances != without_workers[number][0]


def test_a_sampler_without_epochs_leaves_chance_to_the_workers():
    loader = loader_of(numbers(), sampler='InfiniteSampler')
    begin_epoch(loader, 0)
    assert not hasattr(loader.dataset, '__getitems__')


def test_pictures_take_nothing_from_the_chances_of_the_process():
    loader = loader_of(numbers())
    begin_epoch(loader, 3)
    first = draws()
    begin_epoch(loader, 3)
    next(iter(loader.dataset.__getitems__([4])))
    assert draws() == first


def seeded_draws(seed, epoch):
    begin_epoch(loader_of(numbers()), epoch, seed)
    return draws()


def test_an_epoch_has_its_own_random_numbers():
    first = seeded_draws(seed=0, epoch=3)
    assert seeded_draws(seed=0, epoch=4) != first
    assert seeded_draws(seed=1, epoch=3) != first
    assert seeded_draws(seed=0, epoch=3) == first


class ComposedFaces(Dataset):
    seed = epoch = 0

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return torch.tensor(index)

    def set_seed(self, seed):
        self.seed = seed

    def set_epoch(self, epoch):
        self.epoch = epoch


@pytest.mark.parametrize(
    'wrap',
    [
        lambda dataset: dataset,
        lambda dataset: Subset(dataset, [1]),
        lambda dataset: ConcatDataset([numbers(), Subset(dataset, [0])]),
    ],
)
def test_a_data_set_is_told_seed_and_epoch(wrap):
    composed = ComposedFaces()
    loader = SimpleNamespace(dataset=wrap(composed), batch_sampler=None)
    for epoch in (3, 4):
        begin_epoch(loader, epoch, seed=7)
        assert (composed.seed, composed.epoch) == (7, epoch)


def test_a_run_of_an_earlier_version_goes_on_with_its_pictures():
    def resumed(meta):
        """The seed that a data set is told, and what is saved then."""
        composed = ComposedFaces()
        loader = SimpleNamespace(dataset=composed, batch_sampler=None)
        runner = SimpleNamespace(
            seed=7, epoch=1, train_dataloader=loader, _resume=True
        )
        hook, saved = EpochSeedHook(), dict(meta={})
        hook.after_load_checkpoint(runner, dict(meta=meta))
        hook.before_train_epoch(runner)
        hook.before_save_checkpoint(runner, saved)
        return composed.seed, saved['meta']

    seed, saved = resumed({})
    assert seed == 0
    assert resumed(saved)[0] == 0
    present = dict(meta={})
    EpochSeedHook().before_save_checkpoint(None, present)
    assert resumed(present['meta'])[0] == 7


def test_an_epoch_of_few_batches_is_told_too():
    loader = Runner.build_dataloader(
        dict(
            dataset=ComposedFaces(),
            batch_size=1,
            num_batch_per_epoch=1,
            sampler=dict(type='DefaultSampler'),
        )
    )
    begin_epoch(loader, 3)
    assert loader.dataset.epoch == 3


def test_workers_follow_the_epochs_seed():
    threads = torch.get_num_threads()
    try:
        torch.manual_seed(5)
        seed_worker(0)
        first = draws()
        torch.manual_seed(5)
        seed_worker(0)
        assert draws() == first
    finally:
        torch.set_num_threads(threads)


def test_the_weights_do_not_depend_on_the_workers(
    narrow_config, repository, tmp_path
):
    make_demo_set(tmp_path / 'drawn', dict(train=4, val=1, test=1), size=96)
    recipe = load_config(repository / 'configs/fer_yolo_mamba_rafdb.py')
    mosaic = recipe.train_dataloader.dataset.pipeline
    data = {'data_root': str(tmp_path / 'drawn')}
    weights = []
    for workers in (0, 2):
        options = {
            'train_dataloader.num_workers': workers,
            'train_dataloader.batch_size': 2,
            'train_dataloader.dataset': dict(data, pipeline=mosaic),
            'val_dataloader.dataset': data,
            'train_cfg.max_epochs': 1,
            'train_cfg.val_begin': 2,
        }
        config = load_config(narrow_config, options, tmp_path / str(workers))
        # It would end mosaic and mixup in so short a run.
        config.custom_hooks.pop(0)
        runner = build_runner(config)
        runner.train()
        weights.append(runner.model.state_dict())
    for name, value in weights[0].items():
        assert torch.equal(weights[1][name], value), name


def test_a_seed_replaces_that_of_the_config(narrow_config):
    config = load_config(narrow_config)
    use_seed(config)
    assert config.randomness == dict(seed=0)
    use_seed(config, 7, deterministic=True)
    assert config.randomness == dict(seed=7, deterministic=True)
    # Without one mmengine draws it, where it is told so.
    config.pop('randomness')
    use_seed(config)
    assert config.randomness == dict(seed=None)


@pytest.mark.parametrize(
    'step',
    [
        dict(type='Mosaic', img_scale=(64, 64), use_cached=True),
        dict(type='mmdet.CachedMixUp'),
    ],
)
def test_what_a_worker_remembers_is_not_deterministic(step, narrow_config):
    config = load_config(narrow_config)
    config.train_dataloader.dataset.pipeline.insert(2, step)
    use_seed(config, 7)
    with pytest.raises(InputError, match='use_cached=False'):
        use_seed(config, deterministic=True)
