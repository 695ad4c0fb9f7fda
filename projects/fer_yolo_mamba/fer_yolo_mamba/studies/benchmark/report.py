"""Report: what a benchmark measured, for people and for programs."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ...compat.environment import Environment
from ...reports.page import markdown_table
from .comparison import Comparison
from .growth import Growth
from .series import Series
from .unit import Unit, three_digits


@dataclass(frozen=True)
class Report:
    """All parts of one benchmark.

    Attributes:
        environment: Where it ran.
        comparisons: Ours against rivals.
        growth: Time against pixels, where that was measured.
        notes: What could not be measured here, a sentence each.
    """

    environment: Environment
    comparisons: tuple[Comparison, ...] = ()
    growth: Growth | None = None
    notes: tuple[str, ...] = ()

    def verdicts(self) -> list[str]:
        """A line for each target: reached or missed, and the figure."""
        lines = []
        for comparison in self.comparisons:
            if target := comparison.target:
                verdict = _verdict(target.is_reached(comparison.ratio))
                lines.append(f'{verdict}, {target}: {comparison}')
        if self.growth and (target := self.growth.target):
            verdict = _verdict(target.is_reached(self.growth.exponent))
            lines.append(f'{verdict}, {target}: {self.growth}')
        return lines

    def to_dict(self) -> dict:
        """The report as JSON can hold it."""
        return dict(
            environment=asdict(self.environment),
            comparisons=[x.to_dict() for x in self.comparisons],
            growth=self.growth.to_dict() if self.growth else None,
            targets=self.verdicts(),
            notes=list(self.notes),
        )

    def to_markdown(self) -> str:
        """The report as a page."""
        return '\n\n'.join(self._paragraphs()) + '\n'

    def _paragraphs(self) -> Iterator[str]:
        yield '# Benchmark'
        yield (
            f'{self.environment}. Rivals took turns. Figures are medians over '
            'the rounds, in brackets the 10th and the 90th percentile; a ratio '
            'is that of the medians, its brackets are those of the ratios of '
            'single rounds.'
        )
        if self.comparisons:
            yield markdown_table(
                ('measure', 'size', 'ours', 'rival', 'ratio', 'rounds'),
                [_row(comparison) for comparison in self.comparisons],
            )
        if self.growth:
            yield markdown_table(
                ('inference', 'time', 'rounds'),
                [
                    (
                        f'{side}×{side}, batch 1',
                        _text(series, Unit.SECOND),
                        str(len(series.values)),
                    )
                    for side, series in zip(
                        self.growth.sides, self.growth.times, strict=True
                    )
                ],
            )
            yield f'{self.growth}.'
        if verdicts := self.verdicts():
            yield '## Targets'
            yield '\n'.join(f'- {line}' for line in verdicts)
        yield from self.notes


def _row(comparison: Comparison) -> tuple[str, ...]:
    low, high = map(three_digits, comparison.ratio_spread)
    fraction = 'rival / ours' if comparison.is_speedup else 'ours / rival'
    return (
        comparison.measure,
        comparison.setting,
        f'{comparison.ours_name} {_text(comparison.ours, comparison.unit)}',
        f'{comparison.rival_name} {_text(comparison.rival, comparison.unit)}',
        f'{fraction} = {three_digits(comparison.ratio)} ({low} to {high})',
        str(len(comparison.ours.values)),
    )


def _text(series: Series, unit: Unit) -> str:
    if len(series.values) == 1:
        return unit.text(series.median)
    low, high = map(unit.text, series.spread)
    return f'{unit.text(series.median)} ({low} to {high})'


def _verdict(is_reached: bool) -> str:
    return 'reached' if is_reached else 'missed'
