"""Pictures that a set has more than once."""

import shutil

import cv2
import numpy as np
import pytest
from checked_sets import FACE, add_picture, check, found, picture, write_splits
from hypothesis import given, settings
from hypothesis import strategies as st
from voc_sets import add_image

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.checks.copies import copy_faults, perceptual_hash
from fer_yolo_mamba.datasets.checks.findings import BITS, CheckedImage


def saved(image, quality):
    _, data = cv2.imencode('.jpg', image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def copy_file(root, source, target):
    shutil.copy(
        root / 'JPEGImages' / source, root / 'JPEGImages' / f'{target}.png'
    )


def bits_between(image, other):
    one, two = (
        int.from_bytes(perceptual_hash(each), 'big') for each in (image, other)
    )
    return (one ^ two).bit_count()


@pytest.mark.parametrize(
    'change',
    [
        lambda image: saved(image, 20),
        lambda image: cv2.resize(image, None, fx=0.5, fy=0.5),
        lambda image: cv2.resize(image, None, fx=1.7, fy=1.7),
        lambda image: cv2.convertScaleAbs(image, alpha=0.9, beta=10),
        lambda image: cv2.cvtColor(
            cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR
        ),
    ],
    ids=['JPEG', 'half', 'larger', 'contrast', 'grey'],
)
def test_a_hash_survives_what_happens_to_copies(change):
    for seed in range(5):
        image = picture(seed, side=200)
        assert bits_between(image, change(image)) <= 14


def test_hashes_of_different_pictures_differ_in_half_of_their_bits():
    distances = [
        bits_between(picture(a), picture(b)) for a in range(8) for b in range(a)
    ]
    assert min(distances) > 60
    assert np.mean(distances) == pytest.approx(BITS / 2, rel=0.1)


#: The picture of 'c' (train) is put where -> the fault.
COPIES = {
    'same file': ('b', lambda c: c, '.png', ('COPY', 'train', 'c')),
    'same file across': (
        'd',
        lambda c: c,
        '.png',
        ('COPY_ACROSS', 'train', 'c'),
    ),
    'saved again': (
        'b',
        lambda c: saved(c, 40),
        '.png',
        ('NEAR_COPY', 'train', 'c'),
    ),
    'saved again across': (
        'd',
        lambda c: saved(c, 40),
        '.png',
        ('NEAR_COPY_ACROSS', 'train', 'c'),
    ),
    'other format': ('b', lambda c: c, '.bmp', ('NEAR_COPY', 'train', 'c')),
}


@pytest.mark.parametrize(
    ('where', 'change', 'suffix', 'fault'), COPIES.values(), ids=COPIES
)
def test_copies(voc, where, change, suffix, fault):
    (voc / 'JPEGImages' / f'{where}.png').unlink()
    image = change(picture(2))
    add_image(voc, f'{where}{suffix}', FACE, image=image)
    result = check(voc)
    assert found(result) == [fault]
    assert f"'{where}' in " in result.faults[0].message


def test_how_near_is_an_option(voc):
    add_image(voc, 'd.png', FACE, image=saved(picture(2), 10))
    assert check(voc, near_distance=0).faults == ()
    assert len(check(voc, near_distance=20).faults) == 1


def test_one_image_in_two_splits(voc):
    write_splits(voc, train='abc', test='ade')
    result = check(voc)
    assert found(result) == [('COPY_ACROSS', 'train', 'a')]


def test_copies_with_other_labels_say_so(voc):
    add_picture(voc, 'd.png', 2, VOCObject('Sadness', FACE.bbox))
    (fault,) = check(voc).faults
    assert fault.message == (
        "the same file as 'd' in test, but labelled Happy here and Sad there"
    )


def test_each_image_has_one_fault_however_many_copies_there_are(voc):
    for name in 'abcde':
        add_picture(voc, f'{name}.png', 0)
    assert found(check(voc)) == [
        ('COPY', 'test', 'e'),
        ('COPY_ACROSS', 'train', 'a'),
        ('COPY_ACROSS', 'train', 'b'),
        ('COPY_ACROSS', 'train', 'c'),
    ]


def test_the_later_split_keeps_its_picture_whatever_the_names(voc):
    write_splits(voc, first='ab', second='ac')
    assert found(check(voc, 'first', 'second')) == [
        ('COPY_ACROSS', 'first', 'a')
    ]
    assert found(check(voc, 'second', 'first')) == [
        ('COPY_ACROSS', 'second', 'a')
    ]


def brute_force(images, near):
    """(image, kind, original) by comparing each with all before it."""

    def bits(a, b):
        a, b = (int.from_bytes(x.fingerprint, 'little') for x in (a, b))
        return (a ^ b).bit_count()

    new = []
    for image in images:
        same = [x for x in new if x.digest == image.digest]
        if same:
            across = same[0].split != image.split
            yield image, 'COPY_ACROSS' if across else 'COPY', same[0]
            continue
        close = [x for x in new if bits(x, image) <= near]
        others = [x for x in close if x.split != image.split]
        if close:
            nearest = min(others or close, key=lambda x: bits(x, image))
            kind = 'NEAR_COPY_ACROSS' if others else 'NEAR_COPY'
            yield image, kind, nearest
        new.append(image)


@st.composite
def pictures(draw):
    """Images of three splits, whose hashes lie around a few centres."""
    flips = st.sets(st.integers(0, BITS - 1), max_size=12)
    centres = [0, 2**BITS - 1, 0xF0F0 << 100]
    images = []
    for split in ('test', 'val', 'train'):
        for number in range(draw(st.integers(0, 6))):
            value = draw(st.sampled_from(centres))
            for bit in draw(flips):
                value ^= 1 << bit
            images.append(
                CheckedImage(
                    split,
                    f'{split}{number}',
                    digest=bytes([draw(st.integers(0, 12))]),
                    fingerprint=value.to_bytes(BITS // 8, 'little'),
                )
            )
    return images


@settings(deadline=None, max_examples=100)
@given(pictures(), st.integers(0, 24))
def test_the_search_finds_what_comparing_all_pairs_finds(images, near):
    expected = [
        (image.image_id, kind, original.image_id)
        for image, kind, original in brute_force(images, near)
    ]
    assert [
        (fault.image_id, fault.kind.name, fault.message.split("'")[1])
        for fault in copy_faults(images, near)
    ] == expected
