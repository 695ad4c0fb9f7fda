"""AP and the figures at a threshold, from verdicts given by hand."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_yolo_mamba.evaluation import interpolated_precision
from fer_yolo_mamba.evaluation.curves import (
    ThresholdCurve,
    average_precision,
    operating_point,
)
from fer_yolo_mamba.evaluation.matching import Matches


def verdicts(text, num_ground_truths, scores=None):
    """One letter a detection, best first: t(rue), f(alse) or i(gnored)."""
    if scores is None:
        scores = np.linspace(0.9, 0.1, len(text))
    return Matches(
        scores=np.array(scores, float),
        true_positive=np.array([c == 't' for c in text], bool),
        ignored=np.array([c == 'i' for c in text], bool),
        images=np.zeros(len(text), int),
        detection=np.arange(len(text)),
        ground_truth=np.full(len(text), -1),
        num_ground_truths=num_ground_truths,
    )


@pytest.mark.parametrize(
    'text, num_ground_truths, expected',
    [
        ('', 1, 0),
        ('f', 1, 0),
        ('t', 1, 1),
        ('t', 2, 1 / 2),
        ('ft', 1, 1 / 2),
        ('tf', 1, 1),
        # precision 1, 1/2, 2/3: the third point lifts the second
        ('tft', 2, 1 / 2 + 1 / 2 * 2 / 3),
        # 0, 1/2, 2/3, 3/4: all recall at the last precision
        ('fttt', 3, 3 / 4),
        ('itift', 2, 1 / 2 + 1 / 2 * 2 / 3),
    ],
)
def test_area_under_the_interpolated_curve(text, num_ground_truths, expected):
    matches = verdicts(text, num_ground_truths)
    assert average_precision(matches) == pytest.approx(expected)


def test_a_class_without_ground_truth_has_no_figures():
    matches = verdicts('ff', 0)
    assert isnan(average_precision(matches))
    point = operating_point(matches, 0.5)
    assert isnan(point.precision) and isnan(point.recall) and isnan(point.f1)
    assert point.num_detections == 1
    assert np.isnan(ThresholdCurve.of(matches).at(matches.scores)).all()


def test_the_curve_leaves_ignored_detections_out():
    matches = verdicts('tif', 2, [0.9, 0.8, 0.7])
    curve = ThresholdCurve.of(matches)
    assert curve.thresholds.tolist() == [0.9, 0.7]
    precision, recall, _ = curve.at(curve.thresholds)
    assert precision.tolist() == [1, 1 / 2]
    assert recall.tolist() == [1 / 2, 1 / 2]
    assert interpolated_precision(matches).tolist() == [1]


@pytest.mark.parametrize(
    'scores, precision, recall, f1',
    [
        # the threshold itself is in
        ([0.9, 0.5, 0.4], 1 / 2, 1 / 4, 1 / 3),
        ([0.9, 0.49, 0.4], 1, 1 / 4, 2 / 5),
        ([0.9, 0.8, 0.7], 2 / 3, 2 / 4, 4 / 7),
        # nothing reaches it: 0, whatever the best detection is worth
        ([0.49, 0.4, 0.3], 0, 0, 0),
    ],
)
def test_figures_at_a_threshold(scores, precision, recall, f1):
    point = operating_point(verdicts('tft', 4, scores), 0.5)
    assert point.precision == pytest.approx(precision)
    assert point.recall == pytest.approx(recall)
    assert point.f1 == pytest.approx(f1)


def slow_average_precision(flags, num_ground_truths):
    """For each object found: the best precision from there on, averaged."""
    precisions = [sum(flags[:n]) / n for n in range(1, len(flags) + 1)]
    return (
        sum(max(precisions[n:]) for n, hit in enumerate(flags) if hit)
        / num_ground_truths
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), max_size=20), st.integers(0, 5))
def test_agrees_with_the_definition(flags, missed):
    num_ground_truths = sum(flags) + missed or 1
    matches = verdicts(''.join('ft'[hit] for hit in flags), num_ground_truths)
    expected = slow_average_precision(flags, num_ground_truths)
    assert average_precision(matches) == pytest.approx(expected)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from('tf'), max_size=20))
def test_more_false_positives_never_help(text):
    matches = verdicts(text, 20)
    worse = verdicts([*'ff', *text], 20)
    assert average_precision(worse) <= average_precision(matches) + 1e-12
    later = verdicts([*text, *'ff'], 20)
    assert average_precision(later) == pytest.approx(average_precision(matches))
