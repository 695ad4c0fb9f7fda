"""One list of classes, which data sets and head follow."""

from types import SimpleNamespace

import pytest
from torch import nn

from fer_yolo_mamba.engine.classes import (
    SameClassesHook,
    checkpoint_classes,
    follow_classes,
    training_classes,
)
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


BACKWARDS = EXPRESSIONS[::-1]


def test_data_sets_follow_the_order_of_a_network(repository):
    config = load(repository, 'fer_yolo_mamba_demo.py', classes=EXPRESSIONS)
    told = follow_classes(config, BACKWARDS, 'epoch_1.pth')
    assert told.startswith('The classes are counted as in epoch_1.pth: Surp')
    for loader in LOADERS:
        assert config[loader].dataset.metainfo.classes == BACKWARDS
    assert follow_classes(config, BACKWARDS, 'epoch_1.pth') is None


def test_a_list_may_be_the_data_sets_own(repository):
    config = load(repository, 'fer_yolo_mamba_demo.py')
    assert training_classes(config) == EXPRESSIONS
    assert follow_classes(config, EXPRESSIONS, 'x') is None
    assert follow_classes(config, BACKWARDS, 'x')
    assert config.test_dataloader.dataset.metainfo.classes == BACKWARDS


def test_validation_and_parts_follow_the_training(repository):
    parts = [
        dict(type='FERVOCDataset', ann_file='a'),
        dict(
            type='FERVOCDataset', ann_file='b', metainfo=dict(classes=BACKWARDS)
        ),
    ]
    config = load(repository, 'fer_yolo_mamba_demo.py')
    config.train_dataloader.dataset = dict(type='ConcatDataset', datasets=parts)
    config.val_dataloader.dataset.metainfo = dict(
        classes=BACKWARDS, palette=[(0, 0, 0)] * 7
    )
    assert follow_classes(config, training_classes(config), 'the training set')
    second = config.train_dataloader.dataset.datasets[1]
    assert second.metainfo.classes == EXPRESSIONS
    assert config.val_dataloader.dataset.metainfo == dict(classes=EXPRESSIONS)


def test_other_words_are_no_other_classes(repository):
    config = load(repository, 'fer_yolo_mamba_demo.py')
    angry = ('Angry', *EXPRESSIONS[1:])
    assert follow_classes(config, angry, 'x') is None
    # The data set keeps its own words, in the order of the network's.
    assert follow_classes(config, (*EXPRESSIONS[1:], 'Angry'), 'x')
    assert config.test_dataloader.dataset.metainfo.classes == (
        *EXPRESSIONS[1:],
        'Anger',
    )


@pytest.mark.parametrize('classes', [EIGHT, ('Bored', *EXPRESSIONS[1:])])
def test_unknown_names_are_refused(repository, classes):
    config = load(repository, 'fer_yolo_mamba_demo.py')
    with pytest.raises(InputError, match=r'x has the classes .*Anger, Disgust'):
        follow_classes(config, classes, 'x')


def test_a_checkpoint_says_its_classes():
    meta = dict(dataset_meta=dict(classes=['Sad', 'Happy']))
    assert checkpoint_classes(meta, 'a.pth') == ('Sad', 'Happy')
    assert checkpoint_classes({}, 'a.pth') is None
    with pytest.raises(InputError, match=r'a\.pth: dataset_meta holds no list'):
        checkpoint_classes(dict(dataset_meta=dict(classes=7)), 'a.pth')


def test_a_training_keeps_the_order_of_its_checkpoint():
    runner = SimpleNamespace(
        train_dataloader=loader_of(BACKWARDS),
        _load_from='a.pth',
        _train_loop=object(),
    )
    hook = SameClassesHook()
    checkpoint = dict(meta=dict(dataset_meta=dict(classes=BACKWARDS)))
    hook.after_load_checkpoint(runner, checkpoint)
    checkpoint['meta']['dataset_meta']['classes'] = EXPRESSIONS
    with pytest.raises(InputError, match=r'a\.pth was trained with'):
        hook.after_load_checkpoint(runner, checkpoint)
    # A test follows the checkpoint, and builds no training for it.
    runner._train_loop = dict(type='EpochBasedTrainLoop')
    hook.after_load_checkpoint(runner, checkpoint)
