"""The classes of a run: one list in the config, which data and head follow."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmyolo.registry import DATASETS
from torch.utils.data import Dataset

from ..errors import InputError
from ..expressions import check_classes, words_of
from .checkpoints import BEGIN_WITH_WHAT_FITS


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
    for part in dicts_in(loaders):
        if 'ann_file' in part:  # a data set
            part['metainfo'] = {**(part.get('metainfo') or {})}
            part['metainfo']['classes'] = classes
    for part in dicts_in(config.get('model')):
        if 'num_classes' in part:
            part['num_classes'] = len(classes)


def follow_classes(
    config: Config, classes: Sequence[str], whose: str
) -> str | None:
    """Gives all data sets the order in which a network counts the classes.

    A label is a place in a list, so two lists of the same names in another
    order would make a right answer wrong without a word.

    >>> follow_classes(config, ('Sad', 'Happy'), 'epoch_1.pth')
    'The classes are counted as in epoch_1.pth: Sad, Happy.'

    Args:
        config: Is changed.
        classes: The network's; other words for a class are understood.
        whose: What names them, for messages.

    Returns:
        What to tell if an order was changed, else None.

    Raises:
        InputError: A data set has other names.
    """
    wanted, changed = tuple(classes), False
    for loader, part in _data_sets(config):
        own = _classes_of(part)
        if own is None or own == wanted:
            continue
        words = words_of(own)
        ordered = tuple(words.get(name.casefold()) for name in wanted)
        if set(ordered) != set(own) or len(ordered) != len(own):
            raise InputError(
                f'{whose} has the classes {", ".join(wanted)}, but the data '
                f'set of {loader} {", ".join(own)}: write the first into the '
                'config as classes = (…), which all data sets and the head '
                'follow.'
            )
        if ordered == own:  # in other words
            continue
        part['metainfo'] = {**(part.get('metainfo') or {}), 'classes': ordered}
        part['metainfo'].pop('palette', None)
        changed = True
    return (
        f'The classes are counted as in {whose}: {", ".join(wanted)}.'
        if changed
        else None
    )


def training_classes(config: Config) -> tuple[str, ...] | None:
    """Those of the first data set of the training that names any."""
    for loader, part in _data_sets(config):
        if loader == 'train_dataloader' and (classes := _classes_of(part)):
            return classes
    return None


def checkpoint_classes(
    meta: Mapping, path: str | Path
) -> tuple[str, ...] | None:
    """The classes that a checkpoint was trained with, if it says so.

    Args:
        meta: The checkpoint's.
        path: Its file, for the message.

    Raises:
        InputError: They are no list of names.
    """
    given = meta.get('dataset_meta') if isinstance(meta, Mapping) else None
    classes = given.get('classes') if isinstance(given, Mapping) else None
    if classes is None:
        return None
    if not (
        isinstance(classes, list | tuple)
        and all(isinstance(name, str) for name in classes)
        and ''.join(classes).isprintable()
    ):
        raise InputError(
            f'checkpoint {path}: dataset_meta holds no list of class names; '
            'name one that tools/train.py wrote.'
        )
    return check_classes(classes)


def _data_sets(config: Config) -> Iterator[tuple[str, dict]]:
    """Every data set of every loader, with the loader's name."""
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        for part in dicts_in(config.get(loader)):
            if 'ann_file' in part:
                yield loader, part


def _classes_of(part: dict) -> tuple[str, ...] | None:
    """A data set's list, or that of its type."""
    given = (part.get('metainfo') or {}).get('classes')
    if given is None:
        kind = part.get('type')
        known = DATASETS.get(kind) if isinstance(kind, str) else kind
        given = (getattr(known, 'METAINFO', None) or {}).get('classes')
    return None if given is None else check_classes(given)


def dicts_in(value: object) -> Iterator[dict]:
    """All dictionaries in a part of a config."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from dicts_in(item)


class SameClassesHook(Hook):
    """Refuses a head, or a checkpoint, whose classes are not the data's.

    Of fewer, mmdet would learn nothing of the last ones or stop deep inside
    the loss; of more it would say nothing at all.
    """

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compares with the training that begins or goes on with it."""
        if runner._train_loop is None or isinstance(runner._train_loop, dict):
            return  # a test, which follows the checkpoint
        own = getattr(runner.train_dataloader.dataset, 'metainfo', {})
        own = own.get('classes')
        path = runner._load_from
        earlier = checkpoint_classes(checkpoint.get('meta', {}), path)
        if own and earlier and earlier != tuple(own):
            raise InputError(
                f'{path} was trained with the classes {", ".join(earlier)} in '
                f'this order, the config has {", ".join(own)}: write the first '
                'into the config as classes = (…); to begin with what fits of '
                f'it, {BEGIN_WITH_WHAT_FITS}.'
            )

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
