"""One comparison at a time in a folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import InputError


@contextmanager
def locked(work_dir: Path) -> Iterator[None]:
    """Keeps other comparisons out; a process that is killed lets go, too.

    Args:
        work_dir: Folder of the comparison; made where needed.

    Raises:
        InputError: Another comparison is at work there, or it is no folder.
    """
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        file = (work_dir / '.lock').open('ab')
    except OSError as error:
        raise InputError(
            f'--work-dir {work_dir} cannot be written '
            f'({error.strerror or error}): name another one.'
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f'another comparison is at work in {work_dir}: wait for its '
                'end, stop it, or name another --work-dir.'
            ) from error
        yield
