"""The one way in which this project writes a file, JSON and CSV.

What is being made has a name that nobody can foresee, and takes its own in one
step: a process killed at any moment leaves no half file, no reader meets one,
two processes never mix, and no link leads elsewhere.

A command's inputs are never written over: what it reads is declared with
`declare_input` inside of `inputs_kept`, and `write_atomically` leaves it alone.
"""

import csv
import errno
import hashlib
import io
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from .errors import InputError

_STAGED = '.part'
_DAY = 86400.0  # seconds

# Real paths of files, and of folders with all that is in them; None outside
# of `inputs_kept`.
_inputs: ContextVar[set[Path] | None] = ContextVar('inputs', default=None)


class OutputPath(type(Path())):
    """Path that a command writes to, as type of an argument.

    Every other file that an argument names is an input.
    """


@contextmanager
def inputs_kept() -> Iterator[None]:
    """Inside, no file is written over that was declared as an input.

    What was declared around it stays an input.

    >>> with inputs_kept():
    ...     declare_input('photo.jpg')
    ...     write_atomically('photo.jpg', annotated)
    Traceback (most recent call last):
    fer_yolo_mamba.errors.InputError: photo.jpg is an input ...
    """
    token = _inputs.set(set(_inputs.get() or ()))
    try:
        yield
    finally:
        _inputs.reset(token)


def declare_input(path: str | os.PathLike) -> None:
    """Says that a command reads this file, or this folder's files."""
    inputs = _inputs.get()
    if inputs is not None:
        inputs.add(Path(os.path.realpath(path)))


def withdraw_input(path: str | os.PathLike) -> None:
    """Says that a command does not read this file after all."""
    inputs = _inputs.get()
    if inputs is not None:
        inputs.discard(Path(os.path.realpath(path)))


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

    `write_atomically` does, and `refuse_unwritable` at a tool's start.
    """
    if is_input(path):
        raise InputError(
            f'{path} is an input and is not written over: name another file '
            'or folder for what is written.'
        )


def refuse_unwritable(path: str | os.PathLike) -> None:
    """Raises what `write_atomically` would, before there is anything to write.

    For the start of a tool that works long before it writes. Folders are made
    where needed.

    Raises:
        InputError: The file is an input of the command.
        OSError: The path is a folder's, or its folder takes no file.
    """
    path = Path(path)
    refuse_input(path)
    if path.is_dir():
        raise IsADirectoryError(
            errno.EISDIR, os.strerror(errno.EISDIR), str(path)
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_atomically(
    path: str | os.PathLike,
    content: bytes | memoryview | str,
    durable: bool = False,
) -> None:
    """Writes a file that is either whole or, if it was there, the old one.

    Folders are made where needed.

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
    if isinstance(content, str):
        # File names may hold what UTF-8 cannot: that becomes an escape.
        content = content.encode(errors='backslashreplace')
    # Outside of what follows: a fault of the folder is told of the folder.
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with staged(path) as temporary, open(temporary, 'xb') as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if durable and os.name == 'posix':
            _sync_folder(path.parent)
    except OSError as error:
        # Of this file: the temporary one's name says nothing to a reader, and
        # a full disk gives none.
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def staged(path: str | os.PathLike) -> Iterator[Path]:
    """A name for what is being made, which then takes its own in one step.

    >>> with staged('set/a.jpg') as temporary:
    ...     os.symlink('/photos/a.jpg', temporary)

    Args:
        path: What is made: a file or link, replaced if it exists, or a folder.

    Yields:
        A path beside it where nothing is; whoever makes it has to insist on
        that, as links, folders and files opened for 'x' do. Where the body
        fails, nothing is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'.{secrets.token_hex(8)}{_STAGED}')
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        raise


def is_staged(name: str) -> bool:
    """Whether a name is such as `staged` gives.

    Something of this name may be there because a process was killed.
    """
    return name.startswith('.') and name.endswith(_STAGED)


def remove_left_over(folder: str | os.PathLike, idle: float = _DAY) -> None:
    """Removes what processes that were killed were making in a folder.

    Args:
        folder: The folder; those in it are not looked at.
        idle: Seconds for which nothing has happened to it.
    """
    for entry in os.scandir(folder):
        if not is_staged(entry.name):
            continue
        changed = entry.stat(follow_symlinks=False).st_mtime
        if time.time() - changed >= idle:
            _remove(Path(entry))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Waits until the disk holds the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(*paths: str | os.PathLike) -> str:
    """Digest of files, one after the other, in hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, 'rb') as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


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
