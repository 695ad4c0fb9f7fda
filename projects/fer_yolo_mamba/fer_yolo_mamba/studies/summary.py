"""How far runs are, and what they found: each config's mean and spread."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..errors import InputError
from ..evaluation.significance import AVERAGE_F1, MEAN_AP, class_ap
from ..files import csv_text, write_atomically
from ..reports.page import markdown_table
from ..reports.significance import NONE, title
from .runs import Run, first_report

_FIRST_COLUMNS = ('config', 'seeds', 'state', 'runs')
_PROGRESS_COLUMNS = (MEAN_AP, AVERAGE_F1)


class State(Enum):
    """The stages of a run."""

    WAITING = 'waiting'
    TRAINING = 'training'
    TESTING = 'testing'
    DONE = 'done'
    FAILED = 'failed'


@dataclass(frozen=True)
class RunStatus:
    """A stage, and what is known in it.

    >>> print(RunStatus(State.TRAINING, 'epoch 3/5'))
    training epoch 3/5

    Attributes:
        state: The stage.
        detail: The epoch of a training, the reason of a failure, or ''.
        figures: Those of a finished run; see :func:`figures_of`.
    """

    state: State = State.WAITING
    detail: str = ''
    figures: Mapping[str, float] | None = None

    def __str__(self) -> str:
        if not self.detail:
            return self.state.value
        separator = ': ' if self.state is State.FAILED else ' '
        return f'{self.state.value}{separator}{self.detail}'


def figures_of(reports: Mapping[str, Mapping]) -> dict[str, float]:
    """The figures by which runs are compared: the means of AP and F1, and APs.

    Args:
        reports: Of a test; see :func:`~.runs.first_report`.

    Returns:
        ``mean_ap``, ``avg_f1`` and ``ap <class>``, in [0, 1]; NaN for a
        class without ground truth.

    Raises:
        InputError: There is no report.
    """
    if not reports:
        raise InputError(
            'the test gave no mean AP and average F1: the config needs '
            "test_evaluator = dict(type='FERMetric')."
        )
    report = first_report(reports)
    return {
        MEAN_AP: report.mean_ap,
        AVERAGE_F1: report.avg_f1,
        **{class_ap(result.name): result.ap for result in report.classes},
    }


def _shown(name: str, value: float) -> str:
    """A figure as tables show it: F1 as it is, the rest in percent."""
    if math.isnan(value):
        return NONE
    return f'{value:.3f}' if name == AVERAGE_F1 else f'{100 * value:.2f}'


@dataclass(frozen=True)
class SummaryRow:
    """A config's finished runs, or one run that is not.

    Attributes:
        config: Name of the config.
        seeds: Seeds of the runs.
        status: Theirs, without figures.
        figures: Those of each run, in the order of the seeds; see
            :func:`figures_of`.
    """

    config: str
    seeds: tuple[int, ...]
    status: RunStatus
    figures: tuple[Mapping[str, float], ...] = ()

    def mean_and_std(self, name: str) -> tuple[float | None, float | None]:
        """Mean over the runs, and sample standard deviation (n - 1).

        None where there is no such figure, or no second run.
        """
        values = [run[name] for run in self.figures if name in run]
        return (
            float(np.mean(values)) if values else None,
            float(np.std(values, ddof=1)) if len(values) > 1 else None,
        )

    def first_cells(self) -> list[str]:
        """Config, seeds, state and number of finished runs."""
        return [
            self.config,
            ' '.join(map(str, self.seeds)),
            self.status.state.value,
            str(len(self.figures)),
        ]


def write_summary(statuses: Mapping[Run, RunStatus], work_dir: Path) -> None:
    """Writes ``summary.md`` and ``summary.csv``."""
    rows = summarize(statuses)
    write_atomically(work_dir / 'summary.md', summary_markdown(rows))
    write_atomically(work_dir / 'summary.csv', summary_csv(rows))


def summarize(statuses: Mapping[Run, RunStatus]) -> list[SummaryRow]:
    """Config by config, its finished runs before each other one."""
    by_config: dict[str, dict[int, RunStatus]] = {}
    for run, status in statuses.items():
        by_config.setdefault(run.name, {})[run.seed] = status
    rows = []
    for name, runs in by_config.items():
        done = {
            seed: status.figures
            for seed, status in runs.items()
            if status.figures is not None
        }
        if done:
            status = RunStatus(State.DONE)
            figures = tuple(done.values())
            rows.append(SummaryRow(name, tuple(done), status, figures))
        rows += [
            SummaryRow(name, (seed,), status)
            for seed, status in runs.items()
            if seed not in done
        ]
    return rows


def summary_markdown(rows: Sequence[SummaryRow]) -> str:
    """The table, and below it why runs failed."""

    def cell(row: SummaryRow, name: str) -> str:
        mean, std = row.mean_and_std(name)
        if mean is None:
            return ''
        if std is None or math.isnan(std):
            return _shown(name, mean)
        return f'{_shown(name, mean)} ± {_shown(name, std)}'

    names = _figure_names(rows)
    paragraphs = [
        'Results on the test split: mean over the seeds ± sample standard '
        'deviation.',
        markdown_table(
            (*_FIRST_COLUMNS, *map(title, names)),
            [
                [*row.first_cells(), *(cell(row, name) for name in names)]
                for row in rows
            ],
        ),
        *(
            f'{row.config}, seed {row.seeds[0]}: {row.status}'
            for row in rows
            if row.status.state is State.FAILED
        ),
    ]
    return '\n\n'.join(paragraphs) + '\n'


def summary_csv(rows: Sequence[SummaryRow]) -> str:
    """The same with a column a number; values in [0, 1]."""
    names = _figure_names(rows)
    columns = [
        f'{name.replace(" ", "_")}_{statistic}'
        for name in names
        for statistic in ('mean', 'std')
    ]
    cells = (
        [
            *row.first_cells(),
            *(value for name in names for value in row.mean_and_std(name)),
        ]
        for row in rows
    )
    return csv_text([[*_FIRST_COLUMNS, *columns], *cells])


def _figure_names(rows: Sequence[SummaryRow]) -> list[str]:
    """Those of all runs, in the order of the first that has them."""
    names = (name for row in rows for run in row.figures for name in run)
    return list(dict.fromkeys(names))


class ProgressTable:
    """What is known of every run; on a terminal a table that follows it.

    In a log or a pipe each change is a line of its own.

    Args:
        runs: The rows.
        console: Where to show them.

    Attributes:
        statuses (dict[Run, RunStatus]): The last status of every run.
    """

    def __init__(self, runs: Sequence[Run], console: Console) -> None:
        self.statuses = {run: RunStatus() for run in runs}
        self._console = console
        self._live = Live(console=console, auto_refresh=False)
        self._lock = threading.Lock()

    def __enter__(self) -> ProgressTable:
        if self._console.is_terminal:
            self._live.start()
            self._live.update(self._table(), refresh=True)
        return self

    def __exit__(self, *error) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def update(self, run: Run, status: RunStatus) -> None:
        """Shows a run's status, from any thread, if it is a new one."""
        with self._lock:
            if status == self.statuses[run]:
                return
            self.statuses[run] = status
            if self._console.is_terminal:
                self._live.update(self._table(), refresh=True)
                return
            figures = ''.join(
                f', {title(name)} {_shown(name, status.figures[name])}'
                for name in _PROGRESS_COLUMNS
                if status.figures
            )
            self._console.print(
                f'{run}: {status}{figures}',
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def _table(self) -> Table:
        table = Table('config', 'seed', 'state', *map(title, _PROGRESS_COLUMNS))
        for run, status in self.statuses.items():
            table.add_row(
                Text(run.name, overflow='fold'),
                str(run.seed),
                Text(str(status), overflow='fold'),
                *(
                    _shown(name, status.figures[name]) if status.figures else ''
                    for name in _PROGRESS_COLUMNS
                ),
            )
        return table
