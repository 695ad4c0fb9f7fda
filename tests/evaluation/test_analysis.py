"""Thresholds chosen on a validation split, and a test judged at them."""

from dataclasses import replace

import pytest
from record_cases import predictions, record

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import MatchedClasses, ValidatedThresholds

CLASSES = ('Happy', 'Sad')
HERE = (10, 10, 49, 59)
THERE = (100, 10, 149, 59)
HAPPY, SAD = 0, 1


def split(*records, names=CLASSES, name='val'):
    """A split whose images do not occur in another one."""
    found = predictions(records, names)
    return replace(
        found,
        images=tuple(
            replace(image, path=f'set/JPEGImages/{name}_{number}.jpg')
            for number, image in enumerate(found.images)
        ),
    )


def validated(validation, test, **options):
    return ValidatedThresholds.of(
        validation, MatchedClasses.of(test), **options
    )


# Happy is right from 0.4, Sad from 0.8.
VALIDATION = split(
    record(
        [
            (*HERE, 0.4, HAPPY),
            (*THERE, 0.3, HAPPY),
            (*THERE, 0.8, SAD),
            (*HERE, 0.7, SAD),
        ],
        [(*HERE, HAPPY), (*THERE, SAD)],
    )
)


def test_each_class_is_judged_at_its_own_threshold():
    test = split(
        record(
            [
                (*HERE, 0.41, HAPPY),
                (*THERE, 0.39, HAPPY),
                (*THERE, 0.79, SAD),
            ],
            [(*HERE, HAPPY), (*THERE, SAD)],
        ),
        name='test',
    )
    found = validated(VALIDATION, test)
    assert found.thresholds == (0.4, 0.8)
    happy, sad = found.points
    assert (happy.precision, happy.recall, happy.f1) == (1, 1, 1)
    assert (sad.precision, sad.recall, sad.f1) == (0, 0, 0)
    assert found.mean('f1') == 0.5


def test_a_class_without_a_threshold_of_its_own_takes_the_common_one():
    only_sad = split(record([(*HERE, 0.8, SAD)], [(*HERE, SAD)]))
    never_detected = split(record([], [(*HERE, HAPPY)]))
    # F1 is 0 at 0.97 as at any other threshold.
    never_right = split(record([(*THERE, 0.97, HAPPY)], [(*HERE, HAPPY)]))
    test = split(record([(*HERE, 0.7, HAPPY)], [(*HERE, HAPPY)]), name='test')
    for validation in (only_sad, never_detected, never_right):
        found = validated(validation, test, score_thr=0.6)
        assert found.thresholds[HAPPY] == 0.6
        assert found.mean('f1') == 1  # of Happy alone


def test_the_test_split_does_not_choose_its_own_thresholds():
    other = record([(*HERE, 0.9, SAD)], [(*HERE, SAD)])
    (shared,) = VALIDATION.images
    test = split(other, other, name='test')
    leaking = replace(test, images=(*test.images, shared))
    with pytest.raises(InputError, match=r'1 images .*val_0\.jpg'):
        validated(VALIDATION, leaking)

    # Also where the set has been moved, whatever was detected there.
    moved = replace(
        shared,
        path=shared.path.replace('set/', '/mnt/other/'),
        boxes=shared.boxes[:0],
        scores=shared.scores[:0],
        labels=shared.labels[:0],
    )
    with pytest.raises(InputError, match='validation split'):
        validated(VALIDATION, replace(test, images=(moved,)))


def test_an_image_of_the_same_name_in_another_set_is_another_one():
    test = split(record([], [(*THERE, SAD)]), name='val')
    validated(VALIDATION, test)


def test_other_classes_are_refused():
    test = split(record(), names=('Sad', 'Happy'), name='test')
    with pytest.raises(InputError, match='Happy, Sad, the test has Sad, Happy'):
        validated(VALIDATION, test)
