"""The last epochs, without mosaic and mixup, in data sets of any make."""

from types import SimpleNamespace

import pytest
from mmengine.dataset import BaseDataset, RepeatDataset
from mmengine.dataset import ConcatDataset as Joined
from mmengine.logging import MMLogger
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset

from fer_yolo_mamba.engine import ModeSwitchHook
from fer_yolo_mamba.errors import InputError


class NoPipeline(Dataset):
    def __len__(self):
        return 2


@pytest.mark.parametrize(
    ('epoch', 'switched'), [(0, False), (6, False), (7, True), (9, True)]
)
def test_the_last_epochs_switch_whenever_the_run_was_resumed(epoch, switched):
    dataset = SimpleNamespace(pipeline='mosaic')
    model = SimpleNamespace(bbox_head=SimpleNamespace(use_bbox_aux=False))
    runner = SimpleNamespace(
        epoch=epoch,
        max_epochs=10,
        train_dataloader=SimpleNamespace(dataset=dataset),
        model=model,
        logger=MMLogger.get_instance('test_switch'),
    )
    hook = ModeSwitchHook(3, [dict(type='mmdet.RandomFlip', prob=0.5)])
    hook.before_train_epoch(runner)
    assert (dataset.pipeline != 'mosaic') == switched
    assert model.bbox_head.use_bbox_aux == switched


def test_composed_pictures_stay_in_the_last_epochs():
    dataset = NoPipeline()
    model = SimpleNamespace(bbox_head=SimpleNamespace(use_bbox_aux=False))
    runner = SimpleNamespace(
        epoch=9,
        max_epochs=10,
        train_dataloader=SimpleNamespace(dataset=dataset),
        model=model,
    )
    ModeSwitchHook(3).before_train_epoch(runner)
    assert model.bbox_head.use_bbox_aux
    assert not hasattr(dataset, 'pipeline')


class Piped(BaseDataset):
    """Ten numbers, negative once a pipeline has been put in."""

    def load_data_list(self):
        return [dict(number=number) for number in range(1, 11)]


class Negate:
    def __call__(self, results):
        return dict(number=-results['number'])


WRAPPED = {
    'repeated': lambda one, two: RepeatDataset(one, times=2),
    'concatenated': lambda one, two: Joined([one, two]),
    'both': lambda one, two: ConcatDataset([one, RepeatDataset(two, times=2)]),
    'a part': lambda one, two: Subset(one, range(5)),
}


def last_epochs_of(loader, pipeline):
    runner = SimpleNamespace(
        epoch=9,
        max_epochs=10,
        train_dataloader=loader,
        model=SimpleNamespace(bbox_head=None),
        logger=MMLogger.get_instance('test_switch'),
    )
    hook = ModeSwitchHook(3, pipeline)
    hook.before_train(runner)
    hook.before_train_epoch(runner)


def only_numbers(batch):
    return [item['number'] for item in batch]


@pytest.mark.parametrize('wrap', WRAPPED.values(), ids=WRAPPED)
def test_the_switch_reaches_every_data_set_within(wrap):
    loader = DataLoader(
        wrap(Piped(), Piped()), batch_size=5, collate_fn=only_numbers
    )
    assert min(min(batch) for batch in loader) > 0
    last_epochs_of(loader, [Negate()])
    assert max(max(batch) for batch in loader) < 0


def test_the_switch_reaches_workers_that_outlive_an_epoch():
    loader = DataLoader(
        Piped(),
        batch_size=5,
        num_workers=1,
        persistent_workers=True,
        collate_fn=only_numbers,
    )
    assert min(min(batch) for batch in loader) > 0
    last_epochs_of(loader, [Negate()])
    assert max(max(batch) for batch in loader) < 0


@pytest.mark.parametrize(
    'dataset',
    [
        NoPipeline(),
        ConcatDataset([Piped(), NoPipeline()]),
        # As mmdet's MultiImageMixDataset.
        SimpleNamespace(dataset=Piped(), pipeline=['mosaic']),
    ],
)
def test_a_data_set_out_of_the_switchs_reach_is_refused(dataset):
    runner = SimpleNamespace(train_dataloader=SimpleNamespace(dataset=dataset))
    with pytest.raises(InputError, match='cannot end mosaic and mixup in'):
        ModeSwitchHook(3, [Negate()]).before_train(runner)
    ModeSwitchHook(3).before_train(runner)
