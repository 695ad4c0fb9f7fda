"""The one way in which this project writes a file, JSON and CSV.

A command's inputs are never written over: what it reads is declared with
`declare_input` inside of `inputs_kept`, and `write_atomically` leaves it alone.
"""

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from .errors import InputError

# Real paths of files, and of folders with all that is in them; None outside
# of a command.
_inputs: ContextVar[set[Path] | None] = ContextVar('inputs', default=None)


@contextmanager
def inputs_kept() -> Iterator[None]:
    """Inside, no file is written over that was declared as an input.

    >>> with inputs_kept():
    ...     declare_input('photo.jpg')
    ...     write_atomically('photo.jpg', annotated)
    Traceback (most recent call last):
    fer_yolo_mamba.errors.InputError: photo.jpg is an input ...
    """
    token = _inputs.set(set())
    try:
        yield
    finally:
        _inputs.reset(token)


def declare_input(path: str | os.PathLike) -> None:
    """Says that a command reads this file, or this folder's files."""
    inputs = _inputs.get()
    if inputs is not None:
        inputs.add(Path(os.path.realpath(path)))


def is_input(path: str | os.PathLike) -> bool:
    """Whether a file that is there is an input, also through links."""
    inputs = _inputs.get()
    if not inputs or not os.path.lexists(path):
        return False
    # What a link leads to, and the link itself in a folder of inputs.
    folder, name = os.path.split(os.path.abspath(path))
    places = Path(os.path.realpath(path)), Path(os.path.realpath(folder), name)
    return any(
        place in inputs or not inputs.isdisjoint(place.parents)
        for place in places
    )


def refuse_input(path: str | os.PathLike) -> None:
    """Raises :class:`InputError` where :func:`is_input` is true.

    `write_atomically` does; a tool that works long before it writes does so
    at its start.
    """
    if is_input(path):
        raise InputError(
            f'{path} is an input and is not written over: name another file '
            'or folder for what is written.'
        )


def write_atomically(
    path: str | os.PathLike, content: bytes | str, durable: bool = False
) -> None:
    """Writes a file that is either whole or, if it was there, the old one.

    The content goes to a temporary file in the same folder, which then takes
    the name in one step: a process killed at any moment leaves no half file,
    and no reader meets one. Folders are made where needed.

    >>> write_atomically('work_dirs/demo/metrics.json', '{}')

    Args:
        path: The file; replaced if it exists.
        content: Bytes, or text for UTF-8.
        durable: Whether to wait until the disk holds the content, so that it
            also survives a loss of power.

    Raises:
        InputError: The file is an input of the command.
        OSError: The file cannot be written; nothing is left behind.
    """
    path = Path(path)
    refuse_input(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Always the same name: what a killed run leaves, the next one overwrites.
    # torchrun's rank, because every process of a run may write the same file.
    rank = os.environ.get('RANK', '0')
    temporary = path.with_name(f'.{path.name}.{rank}.part')
    try:
        # Made anew, so that nothing is written through a link of this name.
        temporary.unlink(missing_ok=True)
        with open(temporary, 'xb') as file:
            file.write(
                content.encode() if isinstance(content, str) else content
            )
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
        if durable and os.name == 'posix':
            _sync_folder(path.parent)
    except OSError as error:
        # Of this file: the temporary one's name says nothing to a reader, and
        # a full disk gives none.
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Waits until the disk holds the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: str | os.PathLike, value) -> None:
    """Writes :func:`json_text` as :func:`write_atomically` does."""
    write_atomically(path, json_text(value))


def json_text(value) -> str:
    """Indented JSON; null for NaN and infinities, which JSON lacks.

    >>> print(json_text({'AP': float('nan')}), end='')
    {
      "AP": null
    }

    Args:
        value: Dictionaries, lists, tuples, strings and numbers, also NumPy's
            and PyTorch's.
    """
    # Through JSON and back, where what is not finite can be told.
    plain = json.loads(
        json.dumps(value, default=lambda number: number.item()),
        parse_constant=lambda name: None,
    )
    text = json.dumps(plain, indent=2, ensure_ascii=False)
    # File names may hold what UTF-8 cannot: that becomes JSON's escapes.
    return text.encode(errors='backslashreplace').decode() + '\n'


def csv_text(rows: Iterable[Iterable]) -> str:
    """Rows as lines of a CSV file, a None as an empty cell.

    >>> print(csv_text([('config', 'mean'), ('demo, small', None)]), end='')
    config,mean
    "demo, small",
    """
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(rows)
    return text.getvalue()
