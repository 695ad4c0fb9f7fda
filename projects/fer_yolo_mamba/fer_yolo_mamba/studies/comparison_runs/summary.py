"""What a comparison found: each config's mean and spread over its seeds."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...files import write_atomically
from ...reports.page import markdown_table
from .figures import shown, title
from .run import Run
from .run_status import RunStatus, State


@dataclass(frozen=True)
class SummaryRow:
    """A config's finished runs, or one run that is not.

    Attributes:
        config: Name of the config.
        seeds: Seeds of the runs.
        status: Theirs, without figures.
        figures: Those of each run, in the order of the seeds; see
            :func:`~.figures.figures_of`.
    """

    config: str
    seeds: tuple[int, ...]
    status: RunStatus
    figures: tuple[Mapping[str, float], ...] = ()

    def mean(self, name: str) -> float | None:
        """Mean of a figure over the runs; None if there is no such figure."""
        values = self._values(name)
        return float(np.mean(values)) if values else None

    def std(self, name: str) -> float | None:
        """Sample standard deviation (n - 1); None of fewer than two runs."""
        values = self._values(name)
        return float(np.std(values, ddof=1)) if len(values) > 1 else None

    def _values(self, name: str) -> list[float]:
        return [run[name] for run in self.figures if name in run]


@dataclass(frozen=True)
class Summary:
    """The table of a comparison.

    Attributes:
        rows: Config by config, its finished runs before each other one.
    """

    rows: tuple[SummaryRow, ...]

    @classmethod
    def of(cls, statuses: Mapping[Run, RunStatus]) -> Summary:
        """Sums up runs by their config."""
        by_config: dict[str, dict[Run, RunStatus]] = {}
        for run, status in statuses.items():
            by_config.setdefault(run.name, {})[run] = status
        rows = []
        for name, runs in by_config.items():
            done = {
                run.seed: status.figures
                for run, status in runs.items()
                if status.figures is not None
            }
            if done:
                rows.append(
                    SummaryRow(
                        name,
                        tuple(done),
                        RunStatus(State.DONE),
                        tuple(done.values()),
                    )
                )
            rows += [
                SummaryRow(name, (run.seed,), status)
                for run, status in runs.items()
                if status.figures is None
            ]
        return cls(tuple(rows))

    def write(self, work_dir: Path) -> None:
        """Writes ``summary.md`` and ``summary.csv``."""
        write_atomically(work_dir / 'summary.md', self.to_markdown())
        write_atomically(work_dir / 'summary.csv', self.to_csv())

    def to_markdown(self) -> str:
        """The table, and below it why runs failed."""
        names = self._figure_names()
        header = ('config', 'seeds', 'state', 'runs', *map(title, names))
        cells = [
            [*_first_cells(row), *(_mean_and_std(row, name) for name in names)]
            for row in self.rows
        ]
        paragraphs = [
            'Results on the test split: mean over the seeds ± sample standard '
            'deviation.',
            markdown_table(header, cells),
            *(
                f'{row.config}, seed {row.seeds[0]}: {row.status}'
                for row in self.rows
                if row.status.state is State.FAILED
            ),
        ]
        return '\n\n'.join(paragraphs) + '\n'

    def to_csv(self) -> str:
        """The same with a column a number; values in [0, 1]."""
        names = self._figure_names()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator='\n')
        columns = [
            f'{name.replace(" ", "_")}_{statistic}'
            for name in names
            for statistic in ('mean', 'std')
        ]
        writer.writerow(['config', 'seeds', 'state', 'runs', *columns])
        for row in self.rows:
            # The writer leaves the cell of a None empty.
            values = [
                statistic(name)
                for name in names
                for statistic in (row.mean, row.std)
            ]
            writer.writerow([*_first_cells(row), *values])
        return text.getvalue()

    def _figure_names(self) -> Sequence[str]:
        """Those of all runs, in the order of the first that has them."""
        return list(
            dict.fromkeys(
                name for row in self.rows for run in row.figures for name in run
            )
        )


def _first_cells(row: SummaryRow) -> list[str]:
    return [
        row.config,
        ' '.join(map(str, row.seeds)),
        row.status.state.value,
        str(len(row.figures)),
    ]


def _mean_and_std(row: SummaryRow, name: str) -> str:
    mean, std = row.mean(name), row.std(name)
    if mean is None:
        return ''
    if std is None or np.isnan(std):
        return shown(name, mean)
    return f'{shown(name, mean)} ± {shown(name, std)}'
