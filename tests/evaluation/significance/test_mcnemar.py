"""The exact test against the binomial distribution written out."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from fer_yolo_mamba.evaluation.significance.comparison import McNemar


def two_sided(few, many):
    """Twice the smaller tail of a fair coin, at most 1."""
    number = few + many
    tail = sum(comb(number, k) for k in range(min(few, many) + 1))
    return float(min(Fraction(2 * tail, 2**number), 1))


@pytest.mark.parametrize(
    'counts', [(0, 0), (0, 1), (1, 0), (0, 6), (3, 3), (9, 12), (40, 90)]
)
def test_p_value(counts):
    result = McNemar(5, *counts, 7)
    assert result.p_value == pytest.approx(two_sided(*counts), rel=1e-12)
    # what both get right or wrong alike says nothing
    assert McNemar(500, *counts, 0).p_value == result.p_value
    assert McNemar(5, *counts[::-1], 7).p_value == result.p_value


def test_values_worked_out_by_hand():
    assert McNemar(0, 0, 6, 0).p_value == pytest.approx(2 / 64)
    assert McNemar(0, 1, 5, 0).p_value == pytest.approx(2 * 7 / 64)


def test_counting():
    first = np.array([1, 1, 1, 0, 0, 0, 0], bool)
    second = np.array([1, 0, 0, 1, 0, 0, 0], bool)
    result = McNemar.from_decisions(first, second)
    assert result == McNemar(both=1, only_first=2, only_second=1, neither=3)
    assert result.p_value == 1
