"""Reads what a tool has printed since a start."""

import re
from dataclasses import dataclass
from pathlib import Path

_TAIL = 8192  # bytes; a logged iteration has about 200
_EPOCH = re.compile(r'Epoch\(train\)\s+\[\s*(\d+)\]')


@dataclass(frozen=True)
class ToolLog:
    """The part of a log that one start has written.

    Attributes:
        path: The log.
        start: Its size in bytes when the tool was started.
    """

    path: Path
    start: int

    @classmethod
    def from_now(cls, path: Path) -> 'ToolLog':
        """The part that a tool started next will append."""
        return cls(path, path.stat().st_size if path.exists() else 0)

    def epoch(self) -> int | None:
        """The training epoch that mmengine logged last, from 1."""
        found = _EPOCH.findall(self._tail())
        return int(found[-1]) if found else None

    def last_line(self) -> str:
        """The last line that is not blank, '' if there is none."""
        lines = [line.strip() for line in self._tail().splitlines()]
        return next(filter(None, reversed(lines)), '')

    def _tail(self) -> str:
        with self.path.open('rb') as file:
            size = file.seek(0, 2)
            file.seek(max(self.start, size - _TAIL))
            return file.read().decode(errors='replace')
