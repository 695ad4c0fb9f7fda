"""Figures as the tables of this package show them."""

from math import isnan

from ...evaluation.significance import AVERAGE_F1, Estimate

#: For a figure that does not exist.
NONE = '–'


def title(name: str) -> str:
    """A figure's name with its unit: F1 as it is, the rest in percent."""
    return name if name == AVERAGE_F1 else f'{name} %'


def with_interval(name: str, estimate: Estimate) -> str:
    """A figure and its interval.

    >>> with_interval('mAP', Estimate(0.7212, 0.7069, 0.735))
    '72.12 [70.69, 73.50]'
    """
    return _cell(name, estimate, '')


def signed(name: str, difference: Estimate) -> str:
    """A difference and its interval, each with its sign."""
    return _cell(name, difference, '+')


def _cell(name: str, estimate: Estimate, sign: str) -> str:
    if isnan(estimate.value):
        return NONE
    value, low, high = (
        format(number, f'{sign}.3f')
        if name == AVERAGE_F1
        else format(100 * number, f'{sign}.2f')
        for number in (estimate.value, estimate.low, estimate.high)
    )
    return f'{value} [{low}, {high}]'


def p_value(p: float) -> str:
    """A p-value to two digits, or that it is tiny."""
    return 'p < 0.0001' if p < 1e-4 else f'p = {p:.2g}'
