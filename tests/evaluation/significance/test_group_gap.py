"""The gap's interval: its width, its bias, and how often it cries wolf."""

import numpy as np
import pytest

from fer_yolo_mamba.evaluation.significance import Estimate
from fer_yolo_mamba.evaluation.significance.groups import GroupGap

NOISE = np.random.default_rng(0).normal(size=(5, 4000))


def gap_of(values, resamples):
    names = 'abcde'[: len(values)]
    return GroupGap.from_resamples(names, list(values), list(resamples))


def half_width(gap):
    return (gap.difference.high - gap.difference.low) / 2


def test_of_two_groups_it_is_the_ordinary_interval():
    gap = gap_of([0.3, 0.7], NOISE[:2] * 0.1 + [[0.3], [0.7]])
    assert (gap.best, gap.worst) == ('b', 'a')
    assert gap.difference.value == pytest.approx(0.4)
    # two independent groups, each with a deviation of 0.1
    assert half_width(gap) == pytest.approx(1.96 * 0.1 * 2**0.5, rel=0.03)


def test_of_five_groups_it_is_as_wide_as_tukey_makes_it():
    gap = gap_of([0.5, 0.5, 0.5, 0.7, 0.3], NOISE * 0.1)
    # 3.858 is the studentised range's 95 % quantile for five groups
    assert half_width(gap) == pytest.approx(3.858 * 0.1, rel=0.03)


def test_bias_is_taken_off():
    """The second group's resamples lie 0.2 above what was observed."""
    gap = gap_of([0.3, 0.7], NOISE[:2] * 0.1 + [[0.3], [0.9]])
    middle = (gap.difference.high + gap.difference.low) / 2
    assert gap.difference.value == pytest.approx(0.4)
    assert middle == pytest.approx(0.2, abs=0.01)


def test_groups_that_never_vary_have_an_interval_without_width():
    gap = gap_of([1.0, 0.0, 0.0], np.repeat([[1.0], [0.0], [0.0]], 9, axis=1))
    assert gap.difference == Estimate(1, 1, 1)


def test_equal_groups_are_rarely_told_apart():
    random = np.random.default_rng(1)
    found = 0
    for _ in range(400):
        values = random.normal(size=5)
        resamples = values[:, None] + random.normal(size=(5, 300))
        found += gap_of(values, resamples).difference.low > 0
    assert found / 400 < 0.09
