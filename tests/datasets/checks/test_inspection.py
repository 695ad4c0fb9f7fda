"""Faults of single images: planted, then found."""

import shutil

import pytest
from checked_sets import (
    FACE,
    SIDE,
    add_picture,
    check,
    found,
    picture,
    write_splits,
)
from voc_sets import add_image, cut_image, load, rewrite_xml

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.checks import FaultKind
from fer_yolo_mamba.errors import InputError


def cut_jpeg(root):
    """A JPEG file that ends before its picture does."""
    (root / 'JPEGImages/b.png').unlink()
    add_picture(root, 'b.jpg', 1)
    cut_image(root, 'b', (root / 'JPEGImages/b.jpg').stat().st_size * 2 // 3)


def second_file(root):
    add_picture(root, 'b.bmp', 1)
    rewrite_xml(root, 'b', 'b.bmp', 'neither.png')


#: What is done to image b -> kinds of the faults, words of the first message.
IMAGE_FAULTS = {
    'no image': (
        lambda root: (root / 'JPEGImages/b.png').unlink(),
        ['MISSING_IMAGE'],
        ['no image of this name'],
    ),
    'two images': (second_file, ['MISSING_IMAGE'], ['keep one']),
    'text as image': (
        lambda root: (root / 'JPEGImages/b.png').write_text('<html/>'),
        ['UNREADABLE_IMAGE'],
        ['b.png', 'damaged'],
    ),
    'PNG cut short': (
        lambda root: cut_image(root, 'b', 900),
        ['UNREADABLE_IMAGE'],
        ['b.png', 'damaged'],
    ),
    'JPEG cut short': (cut_jpeg, ['UNREADABLE_IMAGE'], ['b.jpg']),
    'no annotation': (
        lambda root: (root / 'Annotations/b.xml').unlink(),
        ['ANNOTATION'],
        ['b.xml', 'no such annotation'],
    ),
    'broken XML': (
        lambda root: rewrite_xml(root, 'b', '</size>', ''),
        ['ANNOTATION'],
        ['b.xml', 'well-formed'],
    ),
    'other size': (
        lambda root: rewrite_xml(root, 'b', '<width>120', '<width>121'),
        ['WRONG_SIZE'],
        ['121x120', '120x120'],
    ),
    'box leaves the image': (
        lambda root: rewrite_xml(root, 'b', '<xmax>90', '<xmax>120.5'),
        ['BAD_BOX'],
        ['<object> 1', '120.5', 'clip'],
    ),
    'box without area': (
        lambda root: rewrite_xml(root, 'b', '<xmax>90', '<xmax>10'),
        ['BAD_BOX'],
        ['<object> 1', 'without area'],
    ),
    'tiny box': (
        lambda root: rewrite_xml(root, 'b', '<ymax>110', '<ymax>12'),
        ['TINY_BOX'],
        ['<object> 1', '213.3x5.3'],
    ),
    'unknown class': (
        lambda root: rewrite_xml(root, 'b', 'Happy', 'Contempt'),
        ['UNKNOWN_CLASS'],
        ["'Contempt'; allowed are Anger"],
    ),
    'misspelt class': (
        lambda root: rewrite_xml(root, 'b', 'Happy', 'Hapy'),
        ['UNKNOWN_CLASS'],
        ["'Hapy' (is Happy meant?)"],
    ),
    'misspelt alias': (
        lambda root: rewrite_xml(root, 'b', 'Happy', 'surprized'),
        ['UNKNOWN_CLASS'],
        ["'surprized' (is Surprise meant?)"],
    ),
    'everything': (
        lambda root: (
            rewrite_xml(root, 'b', '<xmax>90', '<xmax>999'),
            rewrite_xml(root, 'b', 'Happy', 'Bored'),
            (root / 'JPEGImages/b.png').unlink(),
        ),
        ['MISSING_IMAGE', 'BAD_BOX', 'UNKNOWN_CLASS'],
        [],
    ),
}
image_faults = pytest.mark.parametrize(
    ('plant', 'kinds', 'words'), IMAGE_FAULTS.values(), ids=IMAGE_FAULTS
)


def test_a_sound_set_has_no_faults(voc):
    result = check(voc)
    assert result.faults == ()
    assert str(result) == f'{voc}: no faults in 5 images'


@image_faults
def test_planted_faults_are_found(voc, plant, kinds, words):
    plant(voc)
    result = check(voc)
    assert found(result) == [(kind, 'train', 'b') for kind in kinds]
    for word in words:
        assert word in result.faults[0].message
    assert str(result) == f'{voc}: {len(kinds)} faults, in 1 of 5 images'


@image_faults
def test_the_data_set_refuses_the_same_images_in_the_same_words(
    voc, plant, kinds, words
):
    plant(voc)
    refused = [f for f in check(voc).faults if f.kind.is_unusable]
    try:
        load(voc, skip_invalid=False)
        message = None
    except InputError as error:
        message = str(error)
    if message is None and refused:
        # Damage behind the header shows only when everything is decoded.
        assert len(load(voc, skip_invalid=True)) == 2
    elif message:
        assert any(message.startswith(f.message) for f in refused)
    else:
        assert refused == []


def test_every_face_of_an_image_is_looked_at(voc):
    faces = [
        VOCObject('Hapy', FACE.bbox),
        FACE,
        VOCObject('Sad', (0, 0, 2, 2)),
        VOCObject('Bored', (-1, 0, 50, 50)),
    ]
    add_picture(voc, 'b.png', 1, *faces)
    result = check(voc)
    assert [
        (f.kind, f.message.split('<object> ')[1][0]) for f in result.faults
    ] == [
        (FaultKind.BAD_BOX, '4'),
        (FaultKind.UNKNOWN_CLASS, '1'),
        (FaultKind.UNKNOWN_CLASS, '4'),
        (FaultKind.TINY_BOX, '3'),
    ]


@pytest.mark.parametrize(
    ('one_based', 'box', 'kinds'),
    [
        (False, (0, 0, SIDE, SIDE), []),
        (True, (0, 0, SIDE, SIDE), ['BAD_BOX']),
        (True, (1, 1, SIDE, SIDE), []),
        (False, (1, 1, SIDE, SIDE + 1), ['BAD_BOX']),
    ],
)
def test_one_based_sets(voc, one_based, box, kinds):
    add_picture(voc, 'b.png', 1, VOCObject('Sad', box))
    others = [VOCObject('Sad', (1, 1, 50, 50))]
    for seed, name in ((0, 'a'), (2, 'c'), (3, 'd'), (4, 'e')):
        add_picture(voc, f'{name}.png', seed, *others)
    result = check(voc, one_based=one_based)
    assert [fault.kind.name for fault in result.faults] == kinds


@pytest.mark.parametrize(
    ('side', 'box', 'tiny_side', 'is_tiny'),
    [
        (320, (0, 0, 7.9, 100), 8, True),
        (320, (0, 0, 8, 100), 8, False),
        (1280, (0, 0, 31, 100), 8, True),
        (160, (0, 0, 4, 100), 8, False),
        (320, (0, 0, 20, 20), 24, True),
        (320, (0, 0, 0.5, 0.5), 0, False),
    ],
)
def test_tiny_is_measured_at_the_size_of_the_input(
    tmp_path, side, box, tiny_side, is_tiny
):
    add_image(tmp_path, 'a.png', VOCObject('Sad', box), image=picture(0, side))
    write_splits(tmp_path, train='a')
    result = check(tmp_path, 'train', tiny_side=tiny_side)
    assert bool(result.faults) == is_tiny


def test_names_with_spaces_and_other_alphabets(voc):
    names = ['my photo 1', 'été', '顔 01', 'clip one/0001', "it's | <b>"]
    for seed, name in enumerate(names, start=10):
        add_picture(voc, f'{name}.png', seed)
    write_splits(voc, train=names)
    assert check(voc).faults == ()
    rewrite_xml(voc, '顔 01', 'Happy', 'Hppy')
    assert found(check(voc)) == [('UNKNOWN_CLASS', 'train', '顔 01')]


def test_a_repeated_line_counts_once(voc):
    write_splits(voc, train=['a', 'b', 'a', 'c', 'a'])
    result = check(voc)
    assert found(result) == [('REPEATED_ID', 'train', 'a')]
    assert '3 times' in result.faults[0].message
    assert len(result.images) == 5


def detector(*boxes):
    return lambda image: [
        [value * image.shape[0] for value in box] for box in boxes
    ]


@pytest.mark.parametrize(
    ('boxes', 'faults'),
    [
        ([], 0),
        # As annotated, tighter, with hair and neck.
        ([(0.1, 0.1, 0.75, 0.9)], 0),
        ([(0.3, 0.3, 0.6, 0.7)], 0),
        ([(-0.1, -0.1, 1.0, 1.1)], 0),
        # Beside it.
        ([(0.8, 0.1, 1.0, 0.4)], 1),
        ([(0.1, 0.1, 0.75, 0.9), (0.7, 0.1, 1.0, 0.4)], 1),
        ([(0.8, 0.1, 1.0, 0.3), (0.8, 0.7, 1.0, 1.0)], 2),
    ],
)
def test_faces_without_a_label(voc, boxes, faults):
    write_splits(voc, train='a')
    result = check(voc, 'train', detector=detector(*boxes))
    assert found(result) == [('UNLABELLED_FACE', 'train', 'a')] * faults


def test_a_face_in_an_image_without_faces(voc):
    add_image(voc, 'a.png', image=picture(0))
    result = check(voc, detector=detector((0.1, 0.1, 0.75, 0.9)))
    assert found(result) == [('UNLABELLED_FACE', 'train', 'a')]
    assert '(12, 12, 90, 108)' in result.faults[0].message


@pytest.mark.parametrize(
    ('spoil', 'words'),
    [
        (lambda root: shutil.rmtree(root / 'ImageSets'), ['train.txt']),
        (lambda root: shutil.rmtree(root / 'JPEGImages'), ['JPEGImages']),
        (lambda root: shutil.rmtree(root / 'Annotations'), ['Annotations']),
        (lambda root: write_splits(root, train=''), ['train.txt', 'empty']),
    ],
)
def test_what_is_no_set_is_an_input_error(voc, spoil, words):
    spoil(voc)
    with pytest.raises(InputError) as error:
        check(voc)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    'settings', [dict(tiny_side=-1), dict(near_distance=128)]
)
def test_settings_out_of_range(voc, settings):
    with pytest.raises(InputError, match='choose'):
        check(voc, **settings)


def test_progress_is_told(voc):
    from fer_yolo_mamba.datasets.checks import CheckSettings, check_dataset

    told = []
    check_dataset(
        voc, ['train'], CheckSettings(), lambda *state: told.append(state)
    )
    assert told == [(1, 3), (2, 3), (3, 3)]
