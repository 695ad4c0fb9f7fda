"""Outcomes and confusion matrix: by hand, and in agreement with the table."""

import numpy as np
import pytest
from hypothesis import given, settings
from record_cases import (
    golden_predictions,
    matched_of,
    record,
    records,
    report_of,
)

from fer_yolo_mamba.evaluation import ConfusionMatrix
from fer_yolo_mamba.evaluation.mistakes import Outcomes

NAMES = ('Happy', 'Sad')
FACE = (10, 10, 29, 39)
ELSEWHERE = (100, 10, 119, 39)


def confusion(images, names=NAMES, score_thr=0.5):
    matched = matched_of(images, names)
    outcomes = Outcomes.of(matched, score_thr)
    return ConfusionMatrix.of(matched, outcomes)


HAPPY, SAD, BACKGROUND = range(3)


@pytest.mark.parametrize(
    'image, expected',
    [
        (record(), []),
        (record([(*FACE, 0.9, HAPPY)], [(*FACE, HAPPY)]), [(HAPPY, HAPPY)]),
        (record([(*FACE, 0.9, SAD)], [(*FACE, HAPPY)]), [(HAPPY, SAD)]),
        # Below the threshold is as good as nothing.
        (
            record([(*FACE, 0.4, HAPPY)], [(*FACE, HAPPY)]),
            [(HAPPY, BACKGROUND)],
        ),
        (
            record([(*ELSEWHERE, 0.9, SAD)], [(*FACE, HAPPY)]),
            [(HAPPY, BACKGROUND), (BACKGROUND, SAD)],
        ),
        # The right name has the face, whatever the wrong name's score.
        (
            record([(*FACE, 0.9, SAD), (*FACE, 0.6, HAPPY)], [(*FACE, HAPPY)]),
            [(HAPPY, HAPPY), (BACKGROUND, SAD)],
        ),
        # A right name below the threshold does not keep the face.
        (
            record([(*FACE, 0.9, SAD), (*FACE, 0.4, HAPPY)], [(*FACE, HAPPY)]),
            [(HAPPY, SAD)],
        ),
        # It lies on the face that it overlaps most, which has its name.
        (
            record(
                [(*FACE, 0.9, HAPPY), (*FACE, 0.8, HAPPY), (*FACE, 0.7, SAD)],
                [(*FACE, HAPPY), (10, 16, 29, 45, HAPPY)],
            ),
            [
                (HAPPY, HAPPY),
                (BACKGROUND, HAPPY),
                (BACKGROUND, SAD),
                (HAPPY, BACKGROUND),
            ],
        ),
        # The table ignores the first and counts the second as wrong.
        (record([(*FACE, 0.9, SAD)], [(*FACE, SAD)], ignored=[0]), []),
        (
            record([(*FACE, 0.9, SAD)], [(*FACE, HAPPY)], ignored=[0]),
            [(BACKGROUND, SAD)],
        ),
    ],
)
def test_where_each_detection_and_face_is_counted(image, expected):
    counts = np.zeros((3, 3), int)
    for truth, detected in expected:
        counts[truth, detected] += 1
    assert confusion([image]).counts.tolist() == counts.tolist()


def assert_agrees(images, names, score_thr):
    counts = confusion(images, names, score_thr).counts
    report = report_of(images, names, score_thr=score_thr)
    for label, result in enumerate(report.classes):
        assert counts[label, label] == result.num_true_positives
        assert counts[label].sum() == result.num_ground_truths
        assert counts[:, label].sum() == result.num_detections
    assert counts[-1, -1] == 0


@settings(max_examples=80, deadline=None)
@given(records)
def test_agrees_with_the_table(images):
    assert_agrees(images, ('a', 'b', 'c'), 0.5)


def test_agrees_with_the_table_on_the_golden_images():
    golden = golden_predictions()
    assert_agrees(golden.images, golden.class_names, 0.5)


@settings(max_examples=50, deadline=None)
@given(records)
def test_the_order_of_the_images_is_without_effect(images):
    names = ('a', 'b', 'c')
    forwards, backwards = (
        confusion(images, names),
        confusion(images[::-1], names),
    )
    assert (forwards.counts == backwards.counts).all()


def test_shares_are_the_recall_on_the_diagonal():
    images = [
        record([(*FACE, 0.9, HAPPY)], [(*FACE, HAPPY)]),
        record([(*FACE, 0.9, SAD)], [(*FACE, HAPPY)]),
    ]
    result = confusion(images)
    assert result.labels == ('Happy', 'Sad', 'background')
    assert result.shares[0].tolist() == [0.5, 0.5, 0]
    # No sad face, no detection too many: nothing to share out.
    assert np.isnan(result.shares[1:]).all()
