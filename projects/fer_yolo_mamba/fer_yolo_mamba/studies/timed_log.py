"""What a training within a given time says of itself, as it goes."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from ..files import write_atomically


class TimedLog:
    """Lines with the seconds since the beginning, said and kept in a file.

    Args:
        path: The file, whole after every line.
        say: Is told each line, too.
    """

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._begin = monotonic()
        self._path, self._say = path, say
        self._lines: list[str] = []

    def __call__(self, line: str) -> None:
        """Adds a line."""
        line = f'[{monotonic() - self._begin:6.1f} s] {line}'
        self._lines.append(line)
        write_atomically(self._path, '\n'.join(self._lines) + '\n')
        self._say(line)
