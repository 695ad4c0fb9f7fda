"""What kills the workers: remembered from one attempt at a shard to the next.

A worker that is killed, by a fault of a decoder or for want of memory, tells
nobody of what; Ray starts another one and gives it the same shard. So there
is a journal of each shard in work. From the second attempt on it names each
picture before that is looked at, and one that ended two such attempts is not
looked at again. A machine that is lost costs a shard nothing but time.
"""

from collections import Counter
from pathlib import Path

#: Attempts, beside the first, that a picture may end.
MOST_DEATHS = 2


class Attempts:
    """The journal of a shard: a line an attempt, with numbers of pictures.

    >>> with Attempts(path) as attempts:
    ...     for number, picture in enumerate(pictures):
    ...         if attempts.is_first or not attempts.is_deadly(number):
    ...             attempts.begin(number)
    ...             look_at(picture)

    Args:
        path: Its file, which is removed at the end.

    Attributes:
        is_first: Whether there was none before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text(errors='replace') if path.exists() else ''
        lines = text.split('\n')[1:]
        self.is_first = not lines
        # A line that the disk has lost names none.
        self._deaths = Counter(x for line in lines for x in line.split()[-1:])
        # Opened anew for each line, so that also a shared disk has it.
        self._write('\nbegun')

    def __enter__(self) -> 'Attempts':
        return self

    def __exit__(self, kind: type | None, *error: object) -> None:
        self._path.unlink(missing_ok=True)

    def begin(self, number: int) -> None:
        """Says that a picture is looked at; nothing in the first attempt."""
        if not self.is_first:
            self._write(f' {number}')

    def is_deadly(self, number: int) -> bool:
        """Whether a picture ended as many attempts as it may."""
        return self._deaths[str(number)] >= MOST_DEATHS

    def _write(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._path, 'a') as file:
            file.write(text)
