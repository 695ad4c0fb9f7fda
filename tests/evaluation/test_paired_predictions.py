"""Two tests put side by side, and what is refused."""

from dataclasses import replace

import pytest
from record_cases import predictions, record

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation.predictions import pair_predictions

CLASSES = ('Happy', 'Sad')
FACE = (0, 0, 6, 6, 1)
SAME_FACE_HAPPY = (0, 0, 6, 6, 0)
LARGER_FACE = (0, 0, 6, 7, 1)


def a_test(**records):
    """A test of images with these names, all in one folder."""
    found = predictions(records.values(), CLASSES)
    return replace(
        found,
        images=tuple(
            replace(image, path=f'/data/{name}.jpg')
            for name, image in zip(records, found.images, strict=True)
        ),
    )


def elsewhere(one):
    """The same test in another folder, the last image first."""
    moved = (
        replace(image, path=image.path.replace('/data', 'new/set'))
        for image in one.images[::-1]
    )
    return replace(one, images=tuple(moved))


def test_images_are_brought_into_the_order_of_the_first():
    one = a_test(a=record([], [FACE]), b=record())
    first, second = pair_predictions(one, elsewhere(one))
    assert first == one
    assert [image.path for image in second.images] == [
        'new/set/a.jpg',
        'new/set/b.jpg',
    ]
    assert second.images[0].boxes is one.images[0].boxes


def test_faces_are_brought_into_the_order_of_the_first():
    faces = [SAME_FACE_HAPPY, LARGER_FACE]
    first, second = pair_predictions(
        a_test(a=record([], faces, ignored=[0])),
        a_test(a=record([], faces[::-1], ignored=[1])),
    )
    for image in (*first.images, *second.images):
        assert image.gt_boxes.tolist() == [[0, 0, 6, 6], [0, 0, 6, 7]]
        assert image.gt_labels.tolist() == [0, 1]
        assert image.gt_ignored.tolist() == [True, False]


@pytest.mark.parametrize(
    ('second', 'message'),
    [
        (a_test(b=record([], [FACE])), '1 and 1, 0 in both'),
        (a_test(a=record([], [FACE]), b=record()), '1 and 2, 1 in both'),
        (a_test(a=record([], [LARGER_FACE])), r'ground truth for .*a\.jpg'),
        (a_test(a=record([], [SAME_FACE_HAPPY])), 'ground truth'),
        (a_test(a=record([], [FACE], ignored=[0])), 'ground truth'),
        (a_test(a=record()), 'ground truth'),
        (
            replace(a_test(a=record([], [FACE])), class_names=('Sad', 'Happy')),
            'classes Happy, Sad, the second Sad, Happy',
        ),
        (
            predictions([record()], CLASSES),
            'different images',
        ),
    ],
)
def test_tests_of_other_faces_are_not_compared(second, message):
    with pytest.raises(InputError, match=message):
        pair_predictions(a_test(a=record([], [FACE])), second)


def test_an_image_tested_twice_is_named():
    one = a_test(a=record(), b=record())
    twice = replace(one, images=one.images[:1] * 2)
    with pytest.raises(InputError, match=r'a\.jpg is in a test more than'):
        pair_predictions(twice, one)
