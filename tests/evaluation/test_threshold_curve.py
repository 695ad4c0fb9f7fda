"""Curves against the threshold, and where F1 peaks."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from record_cases import matched_of, record, records, report_of

from fer_yolo_mamba.evaluation.curves import (
    ThresholdCurve,
    best_common_threshold,
    operating_point,
)

NAMES = ('a', 'b', 'c')
FACE = (10, 10, 29, 39)
OTHER = (100, 10, 119, 39)
THIRD = (200, 10, 219, 39)
THRESHOLDS = np.array([0.0, 0.2, 0.2000001, 0.5, 0.9, 1.0])


def matched(images, names=NAMES):
    return matched_of(images, names)


@settings(max_examples=100, deadline=None)
@given(records)
def test_a_curve_passes_through_every_operating_point(images):
    for matches in matched(images).matches:
        found = ThresholdCurve.of(matches).at(THRESHOLDS)
        expected = [operating_point(matches, thr) for thr in THRESHOLDS]
        np.testing.assert_equal(
            found,
            [
                [getattr(point, figure) for point in expected]
                for figure in ('precision', 'recall', 'f1')
            ],
        )


@settings(max_examples=100, deadline=None)
@given(records)
def test_no_threshold_gives_a_larger_f1(images):
    for matches in matched(images).matches:
        best = ThresholdCurve.of(matches).best
        if not matches.num_ground_truths:
            assert isnan(best.f1)
            continue
        f1 = [operating_point(matches, thr).f1 for thr in THRESHOLDS]
        assert best.f1 == max(f1)
        if not isnan(best.score):
            assert operating_point(matches, best.score).f1 == best.f1


@settings(max_examples=100, deadline=None)
@given(records)
def test_no_common_threshold_gives_a_larger_mean(images):
    curves = map(ThresholdCurve.of, matched(images).matches)
    best = best_common_threshold(tuple(curves))
    means = [
        report_of(images, NAMES, score_thr=thr).avg_f1 for thr in THRESHOLDS
    ]
    assert best.f1 == pytest.approx(max(means), nan_ok=True)


@pytest.mark.parametrize(
    'image, score, f1',
    [
        # Equal scores come in together.
        (record([(*FACE, 0.7, 0), (*OTHER, 0.7, 0)], [(*FACE, 0)]), 0.7, 2 / 3),
        (record([(*FACE, 0.7, 0), (*OTHER, 0.6, 0)], [(*FACE, 0)]), 0.7, 1),
        # Of equally good thresholds the highest.
        (
            record(
                [(*FACE, 0.7, 0), (*OTHER, 0.6, 0), (*THIRD, 0.5, 0)],
                [(*FACE, 0), (*THIRD, 0)],
            ),
            0.5,
            4 / 5,
        ),
        (record([(*OTHER, 0.7, 0)], [(*FACE, 0)]), 0.7, 0),
        (record([], [(*FACE, 0)]), float('nan'), 0),
        (record([(*FACE, 0.7, 0)]), float('nan'), float('nan')),
    ],
)
def test_the_best_threshold(image, score, f1):
    (matches,) = matched([image], ('a',)).matches
    best = ThresholdCurve.of(matches).best
    assert (best.score, best.f1) == pytest.approx((score, f1), nan_ok=True)


@pytest.mark.parametrize(
    'slack, score, f1',
    [
        (0.0, 0.8, 4 / 5),
        # 0.5 would do, but what is between does not.
        (0.1, 0.8, 4 / 5),
        (0.2, 0.7, 4 / 6),
        (0.3, 0.5, 6 / 8),
    ],
)
def test_a_lower_threshold_that_costs_little(slack, score, f1):
    fourth = (300, 10, 319, 39)
    detections = [
        (*FACE, 0.9, 0),
        (*THIRD, 0.8, 0),
        (*OTHER, 0.7, 0),
        (*OTHER, 0.6, 0),
        (*fourth, 0.5, 0),
    ]
    faces = [(*FACE, 0), (*THIRD, 0), (*fourth, 0)]
    (matches,) = matched([record(detections, faces)], ('a',)).matches
    best = best_common_threshold([ThresholdCurve.of(matches)], slack)
    assert (best.score, best.f1) == pytest.approx((score, f1))
