"""Clips and subjects in two splits."""

import pytest
from checked_sets import FACE, add_picture, check, found, write_splits

from fer_yolo_mamba.datasets import VOCAnnotation, VOCObject
from fer_yolo_mamba.datasets.checks import (
    attribute_groups,
    film_clips,
    pattern_groups,
)
from fer_yolo_mamba.errors import InputError

NOTHING = VOCAnnotation('a.jpg', 8, 8)


@pytest.mark.parametrize(
    ('pattern', 'image_id', 'groups'),
    [
        (r's(\d+)_.*', 's07_smile', ('07',)),
        (r's\d+', 's07', ('s07',)),
        (r's\d+', 's07_smile', ()),
        (r'(clip)?.*', 'photo', ()),
    ],
)
def test_groups_from_image_ids(pattern, image_id, groups):
    assert pattern_groups(pattern)(image_id, NOTHING) == groups


def test_groups_from_the_names_of_film_frames():
    first, second = (
        film_clips(name, NOTHING)
        for name in ('Film_001234567_00000012', 'film-001234567__00000099')
    )
    assert first == second == ('film at 754.567 s',)
    assert film_clips('44', NOTHING) == ()


def test_a_pattern_that_is_none():
    with pytest.raises(InputError, match='no regular expression'):
        pattern_groups('(')


def test_groups_from_an_attribute():
    people = [
        VOCObject('Sad', (0, 0, 4, 4), attributes=attributes)
        for attributes in ({'subject': 'ann'}, {'subject': 'bob'}, {})
    ]
    annotation = VOCAnnotation('a.jpg', 8, 8, objects=tuple(people))
    groups_of = attribute_groups('subject')
    assert set(groups_of('a', annotation)) == {'ann', 'bob'}


@pytest.fixture
def clips(tmp_path):
    splits = dict(
        train=['x_1', 'x_2', 'y_1', 'z_1', 'other'],
        val=['y_2', 'w_1'],
        test=['x_3', 'y_3', 'y_4'],
    )
    names = [name for ids in splits.values() for name in ids]
    for seed, name in enumerate(names):
        add_picture(tmp_path, f'{name}.png', seed)
    write_splits(tmp_path, **splits)
    return tmp_path


def test_shared_clips_are_faults_of_the_splits_that_train(clips):
    result = check(
        clips, 'train', 'val', 'test', groups_of=pattern_groups(r'(.+)_\d+')
    )
    assert found(result) == [
        ('SHARED_GROUP', 'val', 'y_2'),
        ('SHARED_GROUP', 'train', 'x_1'),
        ('SHARED_GROUP', 'train', 'x_2'),
        ('SHARED_GROUP', 'train', 'y_1'),
    ]
    assert result.faults[0].message == "'y' is also in test, as 'y_3'"
    assert [(s.splits, set(s.groups), s.images) for s in result.shared] == [
        (('train', 'val'), {'y'}, (1, 1)),
        (('train', 'test'), {'x', 'y'}, (3, 3)),
        (('val', 'test'), {'y'}, (1, 2)),
    ]


def test_without_a_rule_nothing_is_shared(clips):
    result = check(clips, 'train', 'val', 'test')
    assert result.faults == ()
    assert result.shared == ()


def test_shared_subjects(voc):
    for seed, name in ((0, 'a'), (3, 'd')):
        face = VOCObject('Sad', FACE.bbox, attributes={'subject': '7'})
        add_picture(voc, f'{name}.png', seed, face)
    result = check(voc, groups_of=attribute_groups('subject'))
    assert found(result) == [('SHARED_GROUP', 'train', 'a')]


def test_a_rule_that_fits_no_image_is_an_input_error(voc):
    with pytest.raises(InputError, match='none of the 5 images'):
        check(voc, groups_of=attribute_groups('subjct'))
