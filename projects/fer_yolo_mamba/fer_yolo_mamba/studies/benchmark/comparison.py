"""Comparison: one measurement of this project and of a rival."""

from dataclasses import dataclass

from .series import Series
from .target import Target
from .unit import Unit, three_digits


@dataclass(frozen=True)
class Comparison:
    """Two series that were measured in turns.

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
        target: What the ratio should be, where there is a target.
    """

    measure: str
    setting: str
    unit: Unit
    ours_name: str
    ours: Series
    rival_name: str
    rival: Series
    is_speedup: bool
    target: Target | None = None

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
        """The comparison as JSON can hold it, in seconds or bytes."""
        return dict(
            measure=self.measure,
            setting=self.setting,
            unit=self.unit.name.lower(),
            ours=dict(name=self.ours_name, **self.ours.to_dict()),
            rival=dict(name=self.rival_name, **self.rival.to_dict()),
            ratio=dict(
                name=self.ratio_name,
                of_medians=self.ratio,
                percentile_10=self.ratio_spread[0],
                percentile_90=self.ratio_spread[1],
            ),
        )

    def __str__(self) -> str:
        low, high = map(three_digits, self.ratio_spread)
        return (
            f'{self.title}: {self.ratio_name} = {three_digits(self.ratio)} '
            f'({low} to {high})'
        )
