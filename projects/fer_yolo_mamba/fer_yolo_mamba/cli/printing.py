"""What command-line tools print: progress while they work, and pages."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, ProgressColumn, Task

from ..files import write_atomically, write_json


@contextmanager
def progress_bar(
    what: str, unit: str | None = None
) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on the terminal, and nothing in logs and pipes.

    >>> with progress_bar('checking') as progress:
    ...     check_dataset(root, splits, CheckSettings(), progress)

    Args:
        what: What is being done.
        unit: Of the things, whose number a second is then shown.

    Yields:
        A function that takes the numbers of finished and of all things.
    """
    console = Console(stderr=True)
    columns = list(Progress.get_default_columns())
    if unit is not None:
        columns.append(_Speed(unit))
    with Progress(
        *columns,
        console=console,
        disable=not console.is_terminal,
        transient=True,
        # Else it would take all that is printed to its own terminal, also out
        # of "> results.txt".
        redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def publish(page: str, record: Mapping, stem: str, out: Path | None) -> None:
    """Prints a page; writes it and its numbers as ``<stem>.md``, ``.json``."""
    print(page, end='')
    if out:
        write_atomically(out / f'{stem}.md', page)
        write_json(out / f'{stem}.json', record)


class _Speed(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> str:
        speed = task.finished_speed or task.speed
        return '' if speed is None else f'{speed:.1f} {self.unit}/s'
