"""Best bold, second underlined; ties, and numbers that are not known."""

import math

import pytest

from fer_yolo_mamba.studies.paper.sources import Number
from fer_yolo_mamba.studies.paper.tables import ranked, ranked_columns

HIDDEN_9 = Number(at_most=9.0)
HIDDEN_2 = Number(at_most=2.0)


def numbers(*values):
    return [
        value if isinstance(value, Number) else Number(value)
        for value in values
    ]


# (numbers, their marks): B best, S second, . none.
@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ([1.0, 3.0, 2.0], '.BS'),
        ([3.0, 1.0, 3.0, 2.0], 'B.BS'),
        ([3.0, 2.0, 2.0, 1.0], 'BSS.'),
        ([1.0, 1.0], 'BB'),
        ([0.0, 0.0, 0.5], 'SSB'),
        # Equal as printed.
        ([70.001, 70.004, 69.99], 'BBS'),
        ([None, 2.0, 1.0], '.BS'),
        ([None, 2.0], '..'),
        ([None, None], '..'),
        ([], ''),
        # One that is not known may be the best, or the second, or neither.
        ([HIDDEN_9, 3.0, 1.0], '...'),
        ([HIDDEN_2, 3.0, 1.0], '.B.'),
        ([HIDDEN_2, 4.0, 3.0], '.BS'),
        ([HIDDEN_2, 2.0, 1.0], '.B.'),
        ([HIDDEN_2, 3.0], '.B'),
    ],
)
def test_marks(given, expected):
    letters = {'NONE': '.', 'BEST': 'B', 'SECOND': 'S'}
    cells = ranked(numbers(*given))
    assert ''.join(letters[cell.mark.name] for cell in cells) == expected
    assert [cell.number for cell in cells] == numbers(*given)


def test_second_best_may_be_left_unmarked():
    marks = [cell.mark.name for cell in ranked(numbers(1.0, 2.0), second=False)]
    assert marks == ['NONE', 'BEST']


def test_columns_are_ranked_apart():
    rows = ranked_columns([numbers(1.0, 2.0), numbers(2.0, 1.0)])
    marks = [[cell.mark.name for cell in row] for row in rows]
    assert marks == [['SECOND', 'BEST'], ['BEST', 'SECOND']]


@pytest.mark.parametrize(
    ('values', 'expected'),
    [
        ([], '–'),
        ([math.nan], '–'),
        ([71.834], '71.83'),
        ([70.0, 71.0], '70.50 ± 0.71'),
        ([70.0, math.nan], '70.00'),
        ([0.0, 0.0], '0.00 ± 0.00'),
    ],
)
def test_numbers_over_seeds(values, expected):
    assert str(Number.over_seeds(values)) == expected
