"""Walks through folders without passing anything over in silence."""

import os
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError


def walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Walks through a folder, through links too, in a fixed order.

    Args:
        root: The folder.

    Yields:
        Each folder with the names of the files in it, sorted.

    Raises:
        InputError: A folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise InputError(
            f'{error.filename}: cannot read this folder ({error.strerror}); '
            'make it readable'
        ) from None

    seen = set()
    for folder, below, names in os.walk(root, onerror=refuse, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link back to where we were
            below.clear()
            continue
        seen.add(real)
        below.sort()
        yield Path(folder), sorted(names)
