"""Intervals from values whose quantiles are known."""

from math import isnan

import numpy as np
import pytest

from fer_yolo_mamba.evaluation.significance import ComparedFigure, Estimate

EVEN = np.linspace(0, 1, 1001)


def test_a_difference_has_the_percentile_interval():
    estimate = Estimate.of_difference(0.4, EVEN)
    assert estimate.value == 0.4
    assert (estimate.low, estimate.high) == pytest.approx((0.025, 0.975))


@pytest.mark.parametrize('value', [0.3, 0.5, 0.6])
def test_a_figure_has_the_basic_one(value):
    """As far on its other side as the resamples lie off it."""
    estimate = Estimate.of_figure(value, EVEN)
    expected = max(0, 2 * value - 0.975), min(1, 2 * value - 0.025)
    assert (estimate.low, estimate.high) == pytest.approx(expected)


def test_resamples_without_the_figure_are_left_out():
    some = np.array([0.2, np.nan, 0.2])
    assert Estimate.of_figure(0.2, some) == Estimate(0.2, 0.2, 0.2)
    compared = ComparedFigure.from_resamples((0.2, 0.1), (some, some - 0.1))
    assert compared.superiority == 1.0


@pytest.mark.parametrize('value', [0.0, 1 / 3, 1.0])
def test_no_spread_no_width(value):
    # rounding errors are no bias
    estimate = Estimate.of_figure(value, np.full(9, value + 1e-16))
    assert estimate.low == pytest.approx(value)
    assert estimate.high == pytest.approx(value)


def test_an_undefined_figure_stays_undefined():
    nothing = np.full(5, np.nan)
    for estimate in (
        Estimate.of_figure(float('nan'), nothing),
        Estimate.of_difference(float('nan'), nothing),
    ):
        assert all(map(isnan, vars(estimate).values()))
    compared = ComparedFigure.from_resamples(
        (float('nan'),) * 2, (nothing, nothing)
    )
    assert isnan(compared.superiority)


@pytest.mark.parametrize(
    ('first', 'second', 'superiority'),
    [
        ([2, 2, 2, 2], [1, 1, 1, 3], 0.75),
        ([1, 1, 1, 1], [1, 1, 1, 0], 0.625),
        # equal but for rounding
        ([0.3, 0.3], [0.1 + 0.2, 0.1 + 0.2], 0.5),
    ],
)
def test_draws_count_half(first, second, superiority):
    compared = ComparedFigure.from_resamples(
        (first[0], second[0]), (np.array(first), np.array(second))
    )
    assert compared.superiority == superiority
