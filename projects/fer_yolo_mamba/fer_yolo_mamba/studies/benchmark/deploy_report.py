"""What deployments were measured to take, as a page and as JSON."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ...compat.environment import Environment, found
from ...reports.page import markdown_table
from .deployments import Footprint, Latency
from .measures import MeasuredPair, Series, Unit, three_digits

_RUNTIMES = ('onnxruntime', 'openvino')


@dataclass(frozen=True)
class DeployReport:
    """One benchmark of deployments.

    Attributes:
        environment: Where it ran.
        command: What was run.
        load: Mean number of processes that wanted a core, over the minute
            before the measurements; other programs' if it is not near zero.
        is_processor_time: Whether latencies are that, of all threads, or the
            clock's.
        latencies: For each size and number of pictures.
        footprints: Of each deployment.
    """

    environment: Environment
    command: str
    load: float
    is_processor_time: bool
    latencies: tuple[Latency, ...]
    footprints: tuple[Footprint, ...]

    def to_dict(self) -> dict:
        """The report as JSON can hold it, in seconds and bytes."""
        return dict(
            environment=asdict(self.environment) | _versions(),
            command=self.command,
            load=self.load,
            is_processor_time=self.is_processor_time,
            latencies=[
                dict(
                    side=latency.side,
                    batch=latency.batch,
                    times={
                        name: series.to_dict()
                        for name, series in latency.times.items()
                    },
                    ratios=[
                        pair.to_dict()['ratio'] for pair in _pairs(latency)
                    ],
                )
                for latency in self.latencies
            ],
            footprints=[
                asdict(x) | dict(starts=x.starts.to_dict())
                for x in self.footprints
            ],
        )

    def to_markdown(self) -> str:
        """The report as a page."""
        return '\n\n'.join(self._paragraphs()) + '\n'

    def _paragraphs(self) -> Iterator[str]:
        versions = ', '.join(f'{k} {v}' for k, v in _versions().items())
        clock = (
            'of the processors' if self.is_processor_time else 'of the clock'
        )
        yield '# Deployments'
        yield (
            f'{self.environment}, {versions}; load before: '
            f'{self.load:.1f} of {os.cpu_count()} cores. Random weights, '
            f'decoding without suppression. Times are {clock}. Deployments '
            'took turns; figures are medians over the rounds, in brackets the '
            '10th and the 90th percentile, of ratios those of single rounds.'
        )
        yield f'```\n{self.command}\n```'
        for latency in self.latencies:
            rounds = len(next(iter(latency.times.values())).values)
            yield f'## {latency.setting}, {rounds} rounds'
            yield markdown_table(
                (
                    *('deployment', 'time', 'pictures/s'),
                    *(f'/ {name}' for name in latency.references),
                ),
                _rows(latency),
            )
        if self.footprints:
            starts = len(self.footprints[0].starts.values)
            yield f'## Start, {starts} starts'
            yield (
                'From the start of Python to the first answer, and the most '
                'resident memory by then.'
            )
            yield markdown_table(
                ('deployment', 'file', 'start', 'peak of memory'),
                [
                    (
                        x.name,
                        Unit.BYTE.text(x.file),
                        _text(x.starts),
                        Unit.BYTE.text(x.peak),
                    )
                    for x in self.footprints
                ],
            )


def _pairs(latency: Latency) -> Iterator[MeasuredPair]:
    for name in latency.times:
        for reference in latency.references:
            if name != reference:
                yield latency.against(name, reference)


def _rows(latency: Latency) -> Iterator[tuple[str, ...]]:
    for name, times in latency.times.items():
        yield (
            name,
            _text(times),
            three_digits(latency.batch / times.median),
            *(
                _ratio(latency.against(name, reference))
                for reference in latency.references
            ),
        )


def _ratio(pair: MeasuredPair) -> str:
    if pair.ours_name == pair.rival_name:
        return '1'
    low, high = pair.ratio_spread
    return f'{pair.ratio:.2f} ({low:.2f} to {high:.2f})'


def _text(series: Series) -> str:
    low, high = map(Unit.SECOND.text, series.spread)
    return f'{Unit.SECOND.text(series.median)} ({low} to {high})'


def _versions() -> dict[str, str]:
    return {name: found(name) for name in _RUNTIMES if found(name)}
