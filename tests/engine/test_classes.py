"""One list of classes, which data sets and head follow."""

from types import SimpleNamespace

import pytest
from torch import nn

from fer_yolo_mamba.engine.classes import SameClassesHook
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import CONTEMPT, EXPRESSIONS

EIGHT = (*EXPRESSIONS, CONTEMPT)
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def load(repository, name, **options):
    return load_config(repository / 'configs' / name, options)


@pytest.mark.parametrize('classes', [EIGHT, ['Happy', 'Neutral', 'Sad']])
def test_data_sets_and_head_follow_the_list(repository, classes):
    config = load(repository, 'fer_yolo_mamba_demo.py', classes=classes)
    for loader in LOADERS:
        assert config[loader].dataset.metainfo.classes == tuple(classes)
    assert config.model.bbox_head.head_module.num_classes == len(classes)


def test_an_assigner_follows_too(repository):
    config = load(repository, 'baselines/yolov8_s_rafdb.py', classes=EIGHT)
    assert config.model.train_cfg.assigner.num_classes == 8


def test_data_sets_within_others_follow(repository):
    parts = [dict(type='FERVOCDataset', ann_file=name) for name in 'ab']
    config = load(
        repository,
        'fer_yolo_mamba_demo.py',
        classes=EIGHT,
        train_dataloader=dict(
            dataset=dict(_delete_=True, type='ConcatDataset', datasets=parts)
        ),
    )
    for part in config.train_dataloader.dataset.datasets:
        assert part.metainfo.classes == EIGHT


def test_without_a_list_the_config_stays(repository):
    config = load(repository, 'fer_yolo_mamba_demo.py')
    assert 'metainfo' not in config.train_dataloader.dataset
    assert config.model.bbox_head.head_module.num_classes == 7


@pytest.mark.parametrize('classes', ['Happy', [], ['Sad', 'sad']])
def test_a_list_that_is_none_is_refused(repository, classes):
    with pytest.raises(InputError, match='classes: found'):
        load(repository, 'fer_yolo_mamba_demo.py', classes=classes)


def loader_of(classes):
    dataset = SimpleNamespace(metainfo=dict(classes=classes))
    return SimpleNamespace(dataset=dataset)


def runner_of(num_classes, **loaders):
    model = nn.ModuleDict(dict(bbox_head=nn.Identity()))
    model['bbox_head'].num_classes = num_classes
    loop = loaders.get('val_dataloader')
    return SimpleNamespace(model=model, val_loop=loop, **loaders)


@pytest.mark.parametrize(
    ('num_classes', 'train', 'val', 'what'),
    [
        (8, EXPRESSIONS, EXPRESSIONS, 'training'),
        (5, EXPRESSIONS, EXPRESSIONS, 'training'),
        (7, EXPRESSIONS, EIGHT, 'validation'),
    ],
)
def test_another_number_of_classes_is_refused_by_name(
    num_classes, train, val, what
):
    runner = runner_of(
        num_classes,
        train_dataloader=loader_of(train),
        val_dataloader=loader_of(val),
    )
    words = f'bbox_head has num_classes={num_classes}, but the {what} set'
    with pytest.raises(InputError, match=words):
        SameClassesHook().before_train(runner)


def test_a_test_set_is_compared_too():
    SameClassesHook().before_test(
        runner_of(8, test_dataloader=loader_of(EIGHT))
    )
    with pytest.raises(InputError, match='the test set has 8 classes'):
        SameClassesHook().before_test(
            runner_of(7, test_dataloader=loader_of(EIGHT))
        )
    # A set that names no classes has nothing to disagree about.
    SameClassesHook().before_test(runner_of(7, test_dataloader=loader_of(None)))
