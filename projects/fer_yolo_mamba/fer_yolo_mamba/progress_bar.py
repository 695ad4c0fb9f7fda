"""Shows how far a tool is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal, and nothing in logs and pipes.

    >>> with progress_bar('checking') as progress:
    ...     check_dataset(root, splits, CheckSettings(), progress)

    Args:
        what: What is being done.

    Yields:
        A function that takes the numbers of finished and of all things.
    """
    console = Console(stderr=True)
    with Progress(
        console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
