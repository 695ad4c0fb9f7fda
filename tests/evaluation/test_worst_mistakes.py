"""Which mistakes are shown, and in what order."""

import pytest
from record_cases import matched_of, record

from fer_yolo_mamba.evaluation.mistakes import Outcomes, worst_mistakes

NAMES = ('Happy', 'Sad')
FACE = (10, 10, 29, 39)
LARGE = (100, 10, 159, 99)
NOWHERE = (200, 10, 219, 39)


def mistakes(images, count=24):
    matched = matched_of(images, NAMES)
    outcomes = Outcomes.of(matched, 0.5)
    return worst_mistakes(matched, outcomes, count)


@pytest.mark.parametrize(
    'image, expected',
    [
        (record([(*FACE, 0.9, 0)], [(*FACE, 0)]), []),
        (record([(*FACE, 0.4, 1)]), []),
        (
            record([(*FACE, 0.9, 1)], [(*FACE, 0)]),
            ['Happy taken for Sad 0.90'],
        ),
        (record([(*FACE, 0.9, 1)]), ['Sad 0.90, one too many']),
        (
            record([(*FACE, 0.9, 1), (*FACE, 0.8, 1)], [(*FACE, 1)]),
            ['Sad 0.80, one too many'],
        ),
        (record([], [(*FACE, 0)]), ['Happy missed']),
    ],
)
def test_every_kind(image, expected):
    assert [str(mistake) for mistake in mistakes([image])] == expected


def test_the_worst_of_each_kind_in_turn():
    images = [
        record([(*FACE, 0.7, 1)], [(*FACE, 0)]),
        record([(*FACE, 0.9, 1)], [(*FACE, 0)]),
        record([(*NOWHERE, 0.6, 0)], [(*FACE, 1)]),
        # Almost found, by its own class: the least of the misses.
        record([(*LARGE, 0.4, 0)], [(*LARGE, 0)]),
        record([], [(*LARGE, 0)]),
    ]
    found = mistakes(images)
    assert [(mistake.image, str(mistake)) for mistake in found] == [
        (1, 'Happy taken for Sad 0.90'),
        (2, 'Happy 0.60, one too many'),
        (4, 'Happy missed'),
        (0, 'Happy taken for Sad 0.70'),
        (2, 'Sad missed'),
        (3, 'Happy missed'),
    ]
    assert found[2].bbox == LARGE
    assert mistakes(images, count=2) == found[:2]
