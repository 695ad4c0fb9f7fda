"""A run's folder: kept to one process and to one run, and how that goes on.

===================  =====================================================
``run_id``           of the run to which the folder belongs; each of its
                     checkpoints has the same in its ``meta``
``SHA256SUMS``       of its checkpoints in the order in which they were
                     written; ``sha256sum -c SHA256SUMS`` looks them over
``last_checkpoint``  the one written last
``interrupted.pth``  what a run left that a signal stopped, until the next
                     checkpoint
===================  =====================================================
"""

import os
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import InputError
from ..evaluation import last_validation
from ..files import (
    is_input,
    remove_left_over,
    sha256_of,
    write_atomically,
)
from ..inputs import MOST_XML, read_bounded
from .checkpoints import read_checkpoint

#: What a run leaves that was stopped in the middle of an epoch.
INTERRUPTED = 'interrupted.pth'

_RUN_ID = 'run_id'
_SUMS = 'SHA256SUMS'
_POINTER = 'last_checkpoint'
_LOCK = '.lock'
_HOLDER = '.lock_holder'
# The data loader's workers hold on to the lock of a run that was killed, and
# notice its end within five seconds.
_PATIENCE = 10.0
# Seconds after which what a killed run was writing is given up.
_UNFINISHED = 600.0
# Those to go on from; the best one lacks the optimizer's state.
_RESUMABLE = re.compile(r'(?:epoch|iter)_(\d+)\.pth|interrupted\.pth')
# All that training and test write; whatever else lies there is the user's.
_WRITTEN = re.compile(
    rf'{_RESUMABLE.pattern}|best_.+\.pth|\d{{8}}_\d{{6}}|'
    r'resolved_config(?:_\d+)?\.(?:py|json)|metrics\.(?:csv|json)|'
    rf'{_RUN_ID}|{_SUMS}|{_POINTER}|nonfinite_steps(?:_\d+)?\.json|'
    r'predictions\.json|report|profile\.md|trace\.json\.gz'
)


@contextmanager
def locked(folder: str | Path) -> Iterator[None]:
    """Keeps a folder to one process; one that is killed lets go, too.

    Args:
        folder: Of a run, or of several; made where needed.

    Raises:
        InputError: Another process is at work there.
        OSError: It cannot be made or written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / _HOLDER
    try:
        held = FileLock(folder / _LOCK).acquire(timeout=_PATIENCE)
    except Timeout as error:
        told = f' ({_text(holder)})' if holder.is_file() else ''
        raise InputError(
            f'another run is at work in {folder}{told}: wait for its end, stop '
            'it, or name another folder.'
        ) from error
    with held:
        remove_left_over(folder, _UNFINISHED)
        who = f'process {os.getpid()} on {socket.gethostname()}'
        write_atomically(holder, who)
        try:
            yield
        finally:
            holder.unlink(missing_ok=True)


def latest_checkpoint(folder: str | Path) -> Path | None:
    """The last checkpoint of the last run in a folder, or None.

    That is the one which ``last_checkpoint`` names: a longer run that was
    there before may have left higher numbers. Where that file was lost, or
    names a checkpoint that is gone, it is the one written last.
    """
    return next(iter(_candidates(Path(folder))), None)


def resumable_checkpoint(
    folder: str | Path, tell: Callable[[str], None] = print
) -> tuple[Path, dict] | None:
    """The checkpoint from which a folder's run goes on, or None.

    The last one that is whole and of this run; of a folder that an earlier
    version wrote, which has no id, any.

    Args:
        folder: Of the run.
        tell: Is told of those that are damaged.

    Returns:
        Its file and its ``meta``.

    Raises:
        InputError: There are checkpoints, and none of them can be used.
    """
    folder = Path(folder)
    run, unusable = run_id(folder), []
    for path in _candidates(folder):
        try:
            meta = whole_checkpoint(path).get('meta', {})
        except InputError as error:
            unusable.append(str(error))
            continue
        if run is not None and meta.get(_RUN_ID) != run:
            unusable.append(f'{path} is of another run than its folder.')
            continue
        for reason in unusable:
            tell(reason)
        if unusable:
            tell(f'Going back to {path}.')
        return path, meta
    if unusable:
        raise InputError(
            f'{unusable[0].rstrip(".")}; {folder} holds no other checkpoint '
            'of this run: name one with --resume PATH, or begin anew with '
            '--overwrite, which moves what is there aside.'
        )
    return None


def whole_checkpoint(path: str | Path) -> dict:
    """Reads a checkpoint that is as it was written.

    Raises:
        InputError: It is not the one of which the folder has a checksum; or
            see :func:`~.checkpoints.read_checkpoint`.
    """
    path = Path(path)
    written = checksums(path.parent).get(path.name)
    if written and path.is_file() and sha256_of(path) != written:
        raise InputError(
            f'{path} is damaged: it has another checksum than when it was '
            'written.'
        )
    return read_checkpoint(path)


def is_used(folder: str | Path) -> bool:
    """Whether a run left there what a new one would replace or mix with.

    Raises:
        InputError: There is a ``metrics.csv`` of another kind.
    """
    folder = Path(folder)
    return last_validation(folder / 'metrics.csv') is not None or any(
        _WRITTEN.fullmatch(path.name) for path in folder.glob('*.pth')
    )


def set_aside(folder: str | Path) -> Path:
    """Moves what a run has written into a new folder beside its own.

    Files that are not a run's, or that the command reads, stay.

    Returns:
        The new folder: ``<folder>_1``, or the next that is free.
    """
    folder = Path(folder).resolve()  # '.' has no name
    for number in count(1):
        aside = folder.with_name(f'{folder.name}_{number}')
        try:
            aside.mkdir()
        except FileExistsError:
            continue
        break
    for path in sorted(folder.iterdir()):
        if _WRITTEN.fullmatch(path.name) and not is_input(path):
            path.rename(aside / path.name)
    return aside


def run_id(folder: str | Path) -> str | None:
    """Of the run to which a folder belongs; None in an older one."""
    path = Path(folder) / _RUN_ID
    return _text(path) if path.is_file() else None


def begin_run(folder: str | Path) -> str:
    """Gives a folder to a new run; returns the run's id."""
    new = uuid.uuid4().hex
    write_atomically(Path(folder) / _RUN_ID, f'{new}\n', durable=True)
    return new


def record_checkpoint(path: str | Path, folder: str | Path) -> None:
    """Puts the checksum of a new checkpoint, and its name, on the disk.

    Args:
        path: The checkpoint; ``SHA256SUMS`` is beside it.
        folder: Of the run, for ``last_checkpoint``.
    """
    path = Path(path)
    record_checksum(path)
    write_atomically(Path(folder) / _POINTER, str(path), durable=True)


def record_checksum(path: str | Path) -> None:
    """Puts the checksum of a checkpoint into ``SHA256SUMS`` beside it."""
    path = Path(path)
    sums = checksums(path.parent)
    sums.pop(path.name, None)  # the order is that of writing
    _write_sums(path.parent, {**sums, path.name: sha256_of(path)})


def remove_checkpoints(folder: str | Path, names: list[str]) -> None:
    """Removes checkpoints, and what ``SHA256SUMS`` says of them."""
    for name in names:
        (Path(folder) / name).unlink(missing_ok=True)
    if names:
        sums = checksums(folder)
        kept = {x: digest for x, digest in sums.items() if x not in names}
        _write_sums(folder, kept)


def checksums(folder: str | Path) -> dict[str, str]:
    """SHA-256 by name of the checkpoints that a run has written, in order."""
    path = Path(folder) / _SUMS
    if not path.is_file():
        return {}
    lines = _text(path).splitlines()
    pairs = (line.split('  ', 1) for line in lines if '  ' in line)
    return {name: digest for digest, name in pairs}


def _candidates(folder: Path) -> list[Path]:
    """The one that was named last, then those that were written last."""
    numbers = {
        path: int(match[1] or 0)
        for path in folder.glob('*.pth')
        if (match := _RESUMABLE.fullmatch(path.name)) and path.is_file()
    }
    found = sorted(
        numbers,
        key=lambda path: (path.stat().st_mtime_ns, numbers[path]),
        reverse=True,
    )
    pointer = folder / _POINTER
    named = Path(_text(pointer)) if pointer.is_file() else Path()
    # First in the folder, which may be a copy or have moved.
    for path in (folder / named.name, named):
        if path.is_file():
            return [path, *(other for other in found if other != path)]
    return found


def _write_sums(folder: str | Path, sums: dict[str, str]) -> None:
    text = ''.join(f'{digest}  {name}\n' for name, digest in sums.items())
    write_atomically(Path(folder) / _SUMS, text, durable=True)


def _text(path: Path) -> str:
    return read_bounded(path, MOST_XML).decode(errors='replace').strip()
