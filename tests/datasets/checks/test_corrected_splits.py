"""Split files without what was found wrong."""

import pytest
from checked_sets import FACE, add_picture, check, write_splits
from voc_sets import load, rewrite_xml

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.checks import (
    corrected_splits,
    pattern_groups,
    write_corrected_splits,
)
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import CONTEMPT, EXPRESSIONS


def unusable(root):
    rewrite_xml(root, 'b', 'Happy', 'Bored')


def copied_within(root):
    add_picture(root, 'c.png', 0)


def copied_across(root):
    add_picture(root, 'c.png', 3)


def copied_from_an_unusable_one(root):
    copied_across(root)
    rewrite_xml(root, 'd', '<xmax>90', '<xmax>900')


def listed_twice(root):
    write_splits(root, train='abca', test='de')


def tiny(root):
    add_picture(root, 'b.png', 1, VOCObject('Sad', (0, 0, 1, 1)))


@pytest.mark.parametrize(
    ('plant', 'train', 'test'),
    [
        (lambda root: None, 'abc', 'de'),
        (unusable, 'ac', 'de'),
        (copied_within, 'ab', 'de'),
        (copied_across, 'ab', 'de'),
        (copied_from_an_unusable_one, 'abc', 'e'),
        (listed_twice, 'abc', 'de'),
        (tiny, 'abc', 'de'),
    ],
)
def test_what_may_stay(voc, plant, train, test):
    plant(voc)
    splits = corrected_splits(check(voc))
    assert splits == dict(train=list(train), test=list(test))


def test_contempt_stays_where_it_is_a_class(voc):
    rewrite_xml(voc, 'b', 'Happy', 'contemptuous')
    eight = (*EXPRESSIONS, CONTEMPT)
    assert corrected_splits(check(voc))['train'] == ['a', 'c']
    result = check(voc, classes=eight)
    assert corrected_splits(result)['train'] == ['a', 'b', 'c']
    assert result.statistics[0].faces[CONTEMPT] == 1
    assert tuple(result.statistics[0].faces) == eight


def test_faces_without_an_expression_stay_where_they_have_a_name(voc):
    rewrite_xml(voc, 'b', 'Happy', 'face')
    assert corrected_splits(check(voc))['train'] == ['a', 'c']
    result = check(voc, unlabelled='face')
    assert not result.faults
    assert result.statistics[0].faces['face'] == 1


def test_clips_stay_where_they_test(tmp_path):
    names = ['x_1', 'y_1', 'x_2', 'z_1']
    for seed, name in enumerate(names):
        add_picture(tmp_path, f'{name}.png', seed)
    write_splits(tmp_path, train=names[:2], test=names[2:])
    groups_of = pattern_groups(r'(.+)_\d+')
    splits = corrected_splits(check(tmp_path, groups_of=groups_of))
    assert splits == dict(train=['y_1'], test=['x_2', 'z_1'])


def test_corrected_splits_have_no_such_faults_and_the_old_ones_stay(voc):
    for plant in (unusable, copied_across):
        plant(voc)
    write_splits(voc, train='abcb', test='de')
    folder = voc / 'ImageSets' / 'Main'
    before = (folder / 'train.txt').read_bytes()
    paths = write_corrected_splits(check(voc))
    assert paths == [folder / 'train.checked.txt', folder / 'test.checked.txt']
    assert (folder / 'train.txt').read_bytes() == before
    assert paths[0].read_text() == 'a\n'
    assert check(voc, 'train.checked', 'test.checked').faults == ()


def test_the_corrected_split_trains(voc):
    unusable(voc)
    path, _ = write_corrected_splits(check(voc))
    path.rename(path.with_name('train.txt'))
    assert len(load(voc)) == 2


def test_of_a_chain_of_near_copies_only_real_copies_go(voc):
    """What is like a removed picture, but like no kept one, stays."""
    result = check(voc, near_distance=0)
    step = bytearray(result.images[0].fingerprint)
    chain = []
    for image in result.images[:3]:
        chain.append(bytes(step))
        step[len(chain)] ^= 0b111
        object.__setattr__(image, 'fingerprint', chain[-1])
    object.__setattr__(result.settings, 'near_distance', 3)
    assert corrected_splits(result)['train'] == ['a', 'c']


def test_a_split_of_which_nothing_is_left(voc):
    for name in 'de':
        rewrite_xml(voc, name, 'Happy', 'Bored')
    with pytest.raises(InputError, match=r'test\.txt: no image'):
        write_corrected_splits(check(voc))
    assert not list((voc / 'ImageSets' / 'Main').glob('*.checked.txt'))


def test_a_target_that_cannot_be_written(voc):
    (voc / 'ImageSets' / 'Main' / 'train.checked.txt').mkdir()
    with pytest.raises(InputError, match=r'train\.checked\.txt: cannot'):
        write_corrected_splits(check(voc))


def test_every_face_counts(voc):
    assert FACE.name == 'Happy'
    assert check(voc).statistics[0].faces['Happy'] == 3
