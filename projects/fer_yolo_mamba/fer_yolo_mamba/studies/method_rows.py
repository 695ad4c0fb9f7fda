"""Rows of a table of methods: how each was trained, and what its test says.

A row is a small file of its own, made where the test's detections are, which
are too large to be kept. The table is made of such files alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..evaluation import DetectionReport, MatchedClasses, Predictions
from ..evaluation.significance import (
    MEAN_AP,
    ComparedFigure,
    Comparison,
    Estimate,
    Intervals,
)
from ..files import write_json
from ..inputs import parse_json, read_text
from ..reports.page import markdown_table
from ..reports.significance import NONE
from .faces.measures import found_and_right

_REMEDY = 'write it with "tools/analysis/method_table.py measure".'


@dataclass(frozen=True)
class Training:
    """How the detector of a row was trained.

    Attributes:
        method: What the row is called.
        command: By which the training can be done again.
        seed: Of all that is drawn by chance.
        steps: Of the optimizer.
        batch: Pictures in a step.
        epochs: How often it saw each picture.
        seconds: Of the training alone.
        machine: The GPU or processor, and what ran beside.
        clock: Pairs of a step and the part of the time that was over then,
            where the rate followed the clock.
    """

    method: str
    command: str
    seed: int
    steps: int
    batch: int
    epochs: float
    seconds: float
    machine: str
    clock: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True)
class MethodRow:
    """A row of the table.

    Attributes:
        training: How it was trained.
        report: The test's figures.
        mean_ap: mAP with its interval.
        named: Share of the test's faces that are found, at any score, and
            named right.
        lead: mAP of the method that all are compared with minus this one's,
            and in which share of the resamples it is the better one; None in
            its own row.
        p_value: Of McNemar's test on whole pictures, likewise.
    """

    training: Training
    report: DetectionReport
    mean_ap: Estimate
    named: float
    lead: ComparedFigure | None = None
    p_value: float | None = None

    @classmethod
    def of(
        cls,
        training: Training,
        predictions: Predictions,
        reference: Predictions | None = None,
        resamples: int = 10_000,
        seed: int = 0,
    ) -> MethodRow:
        """Measures a test.

        Args:
            training: How the detector was trained.
            predictions: What it said.
            reference: What the method that all are compared with said.
            resamples, seed: As of :meth:`.Intervals.of`.

        Raises:
            InputError: The two were tested on different pictures.
        """
        matched = MatchedClasses.of(predictions)
        report = DetectionReport.of(matched)
        named = _named(matched)
        if reference is None:
            figures = Intervals.of(
                matched, resamples=resamples, seed=seed
            ).figures
            return cls(training, report, figures[MEAN_AP], named)
        compared = Comparison.of(reference, predictions, resamples, seed)
        lead = compared.figures[MEAN_AP]
        p_value = compared.decisions.p_value
        return cls(training, report, lead.second, named, lead, p_value)

    def write(self, path: Path) -> None:
        """Writes what :meth:`read` reads."""
        write_json(path, {**asdict(self), 'report': self.report.to_dict()})

    @classmethod
    def read(cls, path: Path) -> MethodRow:
        """Reads a row.

        Raises:
            InputError: The file is missing or holds something else.
        """
        try:
            found = parse_json(read_text(path, _REMEDY))
            lead = found['lead']
            return cls(
                Training(**found['training']),
                DetectionReport.from_dict(found['report']),
                Estimate(**found['mean_ap']),
                float(found['named']),
                lead and _compared(lead),
                found['p_value'],
            )
        except (LookupError, TypeError, ValueError) as error:
            raise InputError(
                f'{path} is no row of a table of methods: {_REMEDY}'
            ) from error


def methods_table(rows: Sequence[MethodRow], reference: str) -> str:
    """The rows as tables of Markdown, the best mAP first.

    Where a method has several seeds, a table of means over them comes first.

    Args:
        rows: Of one test split.
        reference: What the method is called that all are compared with.

    Raises:
        InputError: There is no row.
    """
    if not rows:
        raise InputError('there is no row: name at least one.')
    rows = sorted(rows, key=lambda row: -row.report.mean_ap)
    names = [result.name for result in rows[0].report.classes]
    by_method = defaultdict(list)
    for row in rows:
        by_method[row.training.method].append(row)
    has_seeds = len(by_method) < len(rows)
    return '\n\n'.join(
        (
            *([_means_table(by_method, reference)] if has_seeds else ()),
            markdown_table(
                ('method', 'seed', *names, 'mAP, 95 % interval', 'face AP'),
                [_average_precisions(row) for row in rows],
            ),
            markdown_table(
                (
                    *('method', 'seed', 'Avg_P %', 'Avg_R %', 'Avg_F1'),
                    *('named right %', f'mAP of {reference} minus this'),
                    *(f'P({reference} better)', 'McNemar p'),
                ),
                [_averages(row) for row in rows],
            ),
            markdown_table(
                ('method', 'seed', 'steps', 'epochs', 'hours', 'on', 'again'),
                [_training(row.training) for row in rows],
            ),
        )
    )


def _means_table(
    by_method: Mapping[str, Sequence[MethodRow]], reference: str
) -> str:
    def mean(values: Iterable[float]) -> float:
        return float(np.mean([100 * value for value in values]))

    lines = []
    for method, rows in by_method.items():
        rows = sorted(rows, key=lambda row: row.training.seed)
        leads = [row.lead.difference.value for row in rows if row.lead]
        precisions = [row.report.mean_ap for row in rows]
        of_seeds = ', '.join(f'{100 * lead:+.1f}' for lead in leads)
        cells = (
            method,
            ', '.join(str(row.training.seed) for row in rows),
            f'{mean(precisions):.2f}',
            f'{mean(row.report.face_ap for row in rows):.2f}',
            f'{mean(row.named for row in rows):.2f}',
            f'{mean(leads):+.1f} ({of_seeds})' if leads else NONE,
        )
        lines.append((mean(precisions), cells))
    return markdown_table(
        (
            *('method', 'seeds', 'mAP, mean', 'face AP', 'named right %'),
            f'mAP of {reference} minus this, mean (each seed)',
        ),
        [cells for _, cells in sorted(lines, reverse=True)],
    )


def _average_precisions(row: MethodRow) -> list[str]:
    low, high = 100 * row.mean_ap.low, 100 * row.mean_ap.high
    return [
        row.training.method,
        str(row.training.seed),
        *(_percent(result.ap) for result in row.report.classes),
        f'{_percent(row.report.mean_ap)} [{low:.1f}, {high:.1f}]',
        _percent(row.report.face_ap),
    ]


def _averages(row: MethodRow) -> list[str]:
    report = row.report
    cells = [
        row.training.method,
        str(row.training.seed),
        _percent(report.avg_precision),
        _percent(report.avg_recall),
        f'{report.avg_f1:.3f}',
        _percent(row.named),
    ]
    if row.lead is None:
        return [*cells, NONE, NONE, NONE]
    value, low, high = (
        100 * number
        for number in (
            row.lead.difference.value,
            row.lead.difference.low,
            row.lead.difference.high,
        )
    )
    p_value = '< 0.0001' if row.p_value < 1e-4 else f'{row.p_value:.2g}'
    return [
        *cells,
        f'{value:+.1f} [{low:+.1f}, {high:+.1f}]',
        f'{row.lead.superiority:.4f}',
        p_value,
    ]


def _training(training: Training) -> list[str]:
    return [
        training.method,
        str(training.seed),
        f'{training.steps} of {training.batch}',
        f'{training.epochs:.1f}',
        f'{training.seconds / 3600:.3f}',
        training.machine,
        f'`{training.command}`',
    ]


def _named(matched: MatchedClasses) -> float:
    _, right = found_and_right(matched, score_thr=0)
    faces = matched.faces.num_ground_truths
    return int(right.sum()) / faces if faces else math.nan


def _compared(found: Mapping) -> ComparedFigure:
    estimates = (
        Estimate(**found[name]) for name in ('first', 'second', 'difference')
    )
    return ComparedFigure(*estimates, found['superiority'])


def _percent(share: float) -> str:
    return NONE if math.isnan(share) else f'{100 * share:.2f}'
