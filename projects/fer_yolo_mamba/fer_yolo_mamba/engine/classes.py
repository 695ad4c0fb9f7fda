"""The classes of a run: one list in the config, which data and head follow."""

from collections.abc import Iterator

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.utils.data import Dataset

from ..errors import InputError
from ..expressions import check_classes


def hand_down_classes(config: Config) -> None:
    """Gives a config's list `classes` to its data sets and its head.

    >>> config = load_config('configs/fer_yolo_mamba_rafdb.py')
    >>> config.classes = ('Happy', 'Sad')
    >>> hand_down_classes(config)
    >>> config.model.bbox_head.head_module.num_classes
    2

    Args:
        config: Is changed, where it has such a list: every data set in its
            loaders gets it as `metainfo.classes`, also one that is part of
            another, and every `num_classes` of the model its length.

    Raises:
        InputError: It is no list, is empty, or names a class twice.
    """
    if config.get('classes') is None:
        return
    classes = check_classes(config.classes)
    loaders = [
        value for key, value in config.items() if key.endswith('_dataloader')
    ]
    for part in _dicts(loaders):
        if 'ann_file' in part:  # a data set
            part['metainfo'] = {**(part.get('metainfo') or {})}
            part['metainfo']['classes'] = classes
    for part in _dicts(config.get('model')):
        if 'num_classes' in part:
            part['num_classes'] = len(classes)


def _dicts(value: object) -> Iterator[dict]:
    """All dictionaries in a part of a config."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _dicts(item)


class SameClassesHook(Hook):
    """Refuses a head that has not as many classes as the data.

    Of fewer, mmdet would learn nothing of the last ones or stop deep inside
    the loss; of more it would say nothing at all.
    """

    def before_train(self, runner: Runner) -> None:
        """Compares with the sets of training and validation."""
        _compare(runner, 'training', runner.train_dataloader.dataset)
        if runner.val_loop is not None:
            _compare(runner, 'validation', runner.val_dataloader.dataset)

    def before_test(self, runner: Runner) -> None:
        """Compares with the test set."""
        _compare(runner, 'test', runner.test_dataloader.dataset)


def _compare(runner: Runner, what: str, dataset: Dataset) -> None:
    classes = getattr(dataset, 'metainfo', {}).get('classes')
    for name, module in runner.model.named_modules():
        is_head = name.split('.')[-1] == 'bbox_head'
        if classes is None or not is_head:
            continue
        if module.num_classes != len(classes):
            raise InputError(
                f'{name} has num_classes={module.num_classes}, but the '
                f'{what} set has {len(classes)} classes '
                f'({", ".join(classes)}): write them into the config as '
                'classes = (…), which all data sets and the head follow.'
            )
