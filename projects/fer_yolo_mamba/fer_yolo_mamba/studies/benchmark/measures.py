"""What a benchmark measures: a figure a round, and what the rounds say.

In each round everything that is compared has its turn, so a ratio or a slope
of one round is free of what slowed the machine in another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np


@dataclass(frozen=True)
class Series:
    """What the rounds of a benchmark measured of one rival.

    >>> Series((1.0, 3.0, 2.0)).median
    2.0

    Attributes:
        values: One figure a round, at least one.
    """

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return float(np.median(self.values))

    @property
    def spread(self) -> tuple[float, float]:
        """10th and 90th percentile, between neighbours where needed."""
        low, high = np.percentile(self.values, (10, 90))
        return float(low), float(high)

    def to_dict(self) -> dict:
        """The series as JSON can hold it."""
        return dict(
            median=self.median,
            percentile_10=self.spread[0],
            percentile_90=self.spread[1],
            rounds=list(self.values),
        )


class Unit(Enum):
    """What a figure is measured in: prefixes and their sizes, small to large.

    >>> Unit.SECOND.text(0.0123)
    '12.3 ms'
    """

    SECOND = (('µs', 1e-6), ('ms', 1e-3), ('s', 1.0))
    BYTE = (('kB', 1e3), ('MB', 1e6), ('GB', 1e9))

    def text(self, figure: float) -> str:
        """A figure in three digits, in the largest prefix that it fills."""
        name, size = next(
            (prefix for prefix in reversed(self.value) if figure >= prefix[1]),
            self.value[0],
        )
        return f'{three_digits(figure / size)} {name}'


def three_digits(figure: float) -> str:
    """A figure in three digits, or all those before the point.

    >>> three_digits(0.0512), three_digits(1234.5)
    ('0.0512', '1234')
    """
    if abs(figure) >= 100:
        return f'{figure:.0f}'
    # 99.96 becomes '100.'.
    return f'{figure:#.3g}'.removesuffix('.')


@dataclass(frozen=True)
class MeasuredPair:
    """Two series that were measured in turns: this project's and a rival's.

    Attributes:
        measure: What was measured.
        setting: Of what size.
        unit: Of both series.
        ours_name: This project's part.
        ours: Its figures.
        rival_name: What it is compared with.
        rival: The rival's figures, of the same rounds.
        is_speedup: Whether the ratio says how many times the rival's figure is
            ours, or else ours the rival's.
    """

    measure: str
    setting: str
    unit: Unit
    ours_name: str
    ours: Series
    rival_name: str
    rival: Series
    is_speedup: bool

    @property
    def title(self) -> str:
        """Measure and setting."""
        return f'{self.measure}, {self.setting}'

    @property
    def ratio(self) -> float:
        """Ratio of the medians."""
        above, below = self._fraction()
        return above.median / below.median

    @property
    def ratio_spread(self) -> tuple[float, float]:
        """10th and 90th percentile of the rounds' ratios."""
        above, below = self._fraction()
        pairs = zip(above.values, below.values, strict=True)
        return Series(tuple(a / b for a, b in pairs)).spread

    @property
    def ratio_name(self) -> str:
        """The ratio as a fraction of names."""
        if self.is_speedup:
            return f'{self.rival_name} / {self.ours_name}'
        return f'{self.ours_name} / {self.rival_name}'

    def _fraction(self) -> tuple[Series, Series]:
        if self.is_speedup:
            return self.rival, self.ours
        return self.ours, self.rival

    def to_dict(self) -> dict:
        """The pair as JSON can hold it, in seconds or bytes."""
        low, high = self.ratio_spread
        return dict(
            measure=self.measure,
            setting=self.setting,
            unit=self.unit.name.lower(),
            ours=dict(name=self.ours_name, **self.ours.to_dict()),
            rival=dict(name=self.rival_name, **self.rival.to_dict()),
            ratio=dict(
                name=self.ratio_name,
                of_medians=self.ratio,
                percentile_10=low,
                percentile_90=high,
            ),
        )

    def __str__(self) -> str:
        low, high = map(three_digits, self.ratio_spread)
        return (
            f'{self.title}: {self.ratio_name} = {three_digits(self.ratio)} '
            f'({low} to {high})'
        )


def pairs_of(
    measure: str, setting: str, unit: Unit, series: Mapping[str, Series]
) -> Iterator[MeasuredPair]:
    """The first of the series, which is ours, against each of the others.

    Args:
        measure: What was measured.
        setting: Of what size.
        unit: Of all series; of seconds a ratio says how many times faster.
        series: By name.
    """
    ours, *rivals = series
    for rival in rivals:
        yield MeasuredPair(
            measure,
            setting,
            unit,
            ours,
            series[ours],
            rival,
            series[rival],
            is_speedup=unit is Unit.SECOND,
        )


@dataclass(frozen=True)
class Growth:
    """Times of one network on square pictures of several sizes.

    The exponent e is that of time ~ pixels^e: the slope of the straight line
    that fits the logarithms best, by least squares.

    >>> twice, four = Series((2.0, 2.0)), Series((4.0, 4.0))
    >>> round(Growth('net', (20, 40), (twice, four)).exponent, 9)
    0.5

    Attributes:
        network: Its name.
        sides: Sides of the pictures in pixels, two different ones at least.
        times: Seconds of inference for each side, measured in turns.
    """

    network: str
    sides: tuple[int, ...]
    times: tuple[Series, ...]

    @property
    def exponent(self) -> float:
        """That of the medians."""
        return self._fit([series.median for series in self.times])[0]

    @property
    def exponent_spread(self) -> tuple[float, float]:
        """10th and 90th percentile of the rounds' exponents."""
        rounds = zip(*(series.values for series in self.times), strict=True)
        return Series(tuple(self._fit(times)[0] for times in rounds)).spread

    @property
    def fitted(self) -> np.ndarray:
        """Seconds for each side on the line through the medians."""
        slope, intercept = self._fit([series.median for series in self.times])
        return np.exp(slope * np.log(self.pixels) + intercept)

    @property
    def pixels(self) -> np.ndarray:
        """Pixels of each picture."""
        return np.square(self.sides)

    def _fit(self, times: Sequence[float]) -> tuple[float, float]:
        slope, intercept = np.polyfit(np.log(self.pixels), np.log(times), 1)
        return float(slope), float(intercept)

    def to_dict(self) -> dict:
        """The growth as JSON can hold it, in pixels and seconds."""
        low, high = self.exponent_spread
        return dict(
            network=self.network,
            times=[
                dict(side=side, **series.to_dict())
                for side, series in zip(self.sides, self.times, strict=True)
            ],
            exponent=dict(
                of_medians=self.exponent, percentile_10=low, percentile_90=high
            ),
        )

    def __str__(self) -> str:
        low, high = self.exponent_spread
        return (
            f'inference, {self.network}: time ~ pixels^{self.exponent:.2f} '
            f'({low:.2f} to {high:.2f})'
        )
