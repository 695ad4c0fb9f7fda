"""The table that lives on a terminal while runs are carried out."""

import threading
from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .figures import AVERAGE_F1, MEAN_AP, shown, title
from .run import Run
from .run_status import RunStatus

_COLUMNS = (MEAN_AP, AVERAGE_F1)


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

    def __enter__(self) -> 'ProgressTable':
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
            else:
                figures = ''.join(
                    f', {title(name)} {value}'
                    for name, value in _figures(status).items()
                )
                self._console.print(
                    f'{run}: {status}{figures}',
                    markup=False,
                    highlight=False,
                    soft_wrap=True,
                )

    def _table(self) -> Table:
        table = Table('config', 'seed', 'state', *map(title, _COLUMNS))
        for run, status in self.statuses.items():
            figures = _figures(status)
            table.add_row(
                Text(run.name, overflow='fold'),
                str(run.seed),
                Text(str(status), overflow='fold'),
                *(figures.get(name, '') for name in _COLUMNS),
            )
        return table


def _figures(status: RunStatus) -> dict[str, str]:
    if status.figures is None:
        return {}
    return {name: shown(name, status.figures[name]) for name in _COLUMNS}
