"""What a benchmark measured, as a page, as JSON and as a picture."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...compat.environment import Environment
from ...reports.page import markdown_table
from ...visualization.plots import verbatim
from .evaluations import EvaluationCosts
from .measures import Growth, MeasuredPair, Series, Unit, three_digits
from .memory import MemoryGrowth


@dataclass(frozen=True)
class Report:
    """All parts of one benchmark.

    Attributes:
        environment: Where it ran.
        pairs: Ours against rivals.
        growth: Time against pixels, where that was measured.
        evaluation: What evaluating a test takes, where that was measured.
        memory: A detector's while it is in use, where that was measured.
        notes: What could not be measured here, a sentence each.
    """

    environment: Environment
    pairs: tuple[MeasuredPair, ...] = ()
    growth: Growth | None = None
    evaluation: EvaluationCosts | None = None
    memory: tuple[MemoryGrowth, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_drawable(self) -> bool:
        """Whether there is anything for :func:`draw_report`."""
        return bool(self.pairs or self.growth)

    def to_dict(self) -> dict:
        """The report as JSON can hold it."""
        return dict(
            environment=asdict(self.environment),
            comparisons=[pair.to_dict() for pair in self.pairs],
            growth=self.growth.to_dict() if self.growth else None,
            evaluation=self.evaluation.to_dict() if self.evaluation else None,
            memory=[growth.to_dict() for growth in self.memory],
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
        if self.pairs:
            yield markdown_table(
                ('measure', 'size', 'ours', 'rival', 'ratio', 'rounds'),
                map(_row, self.pairs),
            )
        if growth := self.growth:
            sizes = [f'{side}×{side}, batch 1' for side in growth.sides]
            times = dict(zip(sizes, growth.times, strict=True))
            yield _times('inference', times)
            yield f'{growth}.'
        if costs := self.evaluation:
            size = f'images with {costs.detections} detections'
            yield _times(f'{costs.images:,} {size}', costs.times)
            if costs.peak is not None:
                yield (
                    f'Peak of memory of the metric on {costs.many_images:,} '
                    f'{size}: {Unit.BYTE.text(costs.peak)}.'
                )
        for used in self.memory:
            yield f'Memory, {used}.'
        yield from self.notes


def _row(pair: MeasuredPair) -> tuple[str, ...]:
    low, high = map(three_digits, pair.ratio_spread)
    fraction = 'rival / ours' if pair.is_speedup else 'ours / rival'
    return (
        pair.measure,
        pair.setting,
        f'{pair.ours_name} {_text(pair.ours, pair.unit)}',
        f'{pair.rival_name} {_text(pair.rival, pair.unit)}',
        f'{fraction} = {three_digits(pair.ratio)} ({low} to {high})',
        str(len(pair.ours.values)),
    )


def _times(title: str, times: Mapping[str, Series]) -> str:
    return markdown_table(
        (title, 'time', 'rounds'),
        [
            (name, _text(series, Unit.SECOND), str(len(series.values)))
            for name, series in times.items()
        ],
    )


def _text(series: Series, unit: Unit) -> str:
    if len(series.values) == 1:
        return unit.text(series.median)
    low, high = map(unit.text, series.spread)
    return f'{unit.text(series.median)} ({low} to {high})'


def draw_report(report: Report) -> Figure:
    """Draws the ratios as bars, and the growth as a line.

    Args:
        report: One that is drawable.

    Returns:
        A figure with an axis for each of the two that the report has.
    """
    parts = []
    if report.pairs:
        parts.append((_draw_ratios, report.pairs))
    if report.growth:
        parts.append((_draw_growth, report.growth))
    height = max(4.0, 1.0 + 0.7 * len(report.pairs))
    figure = Figure(figsize=(8 * len(parts), height), layout='constrained')
    axes = figure.subplots(1, len(parts), squeeze=False)[0]
    for axis, (draw, part) in zip(axes, parts, strict=True):
        draw(axis, part)
    figure.suptitle(str(report.environment))
    return figure


def _draw_ratios(axis: Axes, pairs: tuple[MeasuredPair, ...]) -> None:
    """From one, which is parity, to the ratio, on a logarithmic axis."""
    for row, pair in enumerate(pairs):
        axis.barh(row, pair.ratio - 1, left=1, color='tab:blue')
        axis.plot(pair.ratio_spread, (row, row), color='black')
        # Beside the frame, at the height of the bar.
        axis.text(
            1.02,
            row,
            three_digits(pair.ratio),
            transform=axis.get_yaxis_transform(),
        )
    axis.set_yticks(
        range(len(pairs)),
        [verbatim(f'{pair.title}\n{pair.ratio_name}') for pair in pairs],
        fontsize='small',
    )
    axis.invert_yaxis()
    axis.set_xscale('log')
    axis.axvline(1, color='grey', linewidth=0.8)
    axis.set_xlabel('ratio')


def _draw_growth(axis: Axes, growth: Growth) -> None:
    medians = [series.median for series in growth.times]
    spreads = [series.spread for series in growth.times]
    axis.vlines(growth.pixels, *zip(*spreads, strict=True), color='black')
    axis.plot(growth.pixels, medians, 'o', label=verbatim(growth.network))
    axis.plot(
        growth.pixels, growth.fitted, label=f'pixels^{growth.exponent:.2f}'
    )
    axis.set(
        xscale='log',
        yscale='log',
        xlabel='pixels',
        ylabel='seconds of inference, batch 1',
    )
    axis.legend()
