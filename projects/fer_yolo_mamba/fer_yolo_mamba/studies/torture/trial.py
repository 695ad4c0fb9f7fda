"""One trial: a file is put in its place, read, watched, and put back.

While it is read, the process is watched: what a refusal says and costs, and
whether anything is run or written that nobody asked for. Python tells of both
through its audit events (PEP 578).
"""

import os
import resource
import sys
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from ..benchmark.timing import forget_peak, status_bytes
from .good_files import OUT
from .outcomes import (
    MOST_BYTES,
    MOST_SECONDS,
    ImpossibleResult,
    Outcome,
    Verdict,
)

#: ``cli.run_cli``, which turns an error into one line and status 2. It is
#: above this room and so handed in.
RunTool = Callable[
    [ArgumentParser, Callable[[Namespace], object], Sequence[str]], None
]

#: What hostile files try to leave behind.
CANARY = Path('touched')

# Beyond what is mapped at the start: a limit that the machine survives.
_MORE_ADDRESSES = 4_000_000_000

_PROGRAMS = (
    *('os.system', 'os.exec', 'os.posix_spawn', 'os.spawn', 'os.startfile'),
    *('subprocess.Popen', 'pty.spawn', 'socket.connect', 'ftplib.connect'),
)
# By which mmengine tells the log about the machine.
_OF_MMENGINE = ("'gcc --version'", "['git', 'rev-parse', 'HEAD']")
_CHANGES = (
    *('os.remove', 'os.rename', 'os.rmdir', 'os.link', 'os.symlink'),
    *('os.truncate', 'os.chmod', 'os.chown', 'shutil.rmtree'),
)
_NOWHERE = Path(os.devnull)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Attempt:
    """What is tried.

    Attributes:
        subject: Name of the reader or path.
        number: Of the trial, or name of the hostile file.
        place: Where in the room the file is put.
        content: Of the file.
        read: Takes the file; what it raises is judged as the command line
            would show it.
        starts_programs: Whether it is meant to start Python.
    """

    subject: str
    number: str
    place: Path
    content: bytes
    read: Callable[[Path], object]
    starts_programs: bool = False


class Watchman:
    """Watches a process while it reads; there is one in each.

    Args:
        room: The folder with the good files, in which the process works.
        run_tool: See :data:`RunTool`.
    """

    def __init__(self, room: Path, run_tool: RunTool) -> None:
        self._room = os.path.realpath(room)
        self._run_tool = run_tool
        self._seen: list[str] | None = None
        self._expected: Sequence[str] = ()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = status_bytes('VmSize') + _MORE_ADDRESSES
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        sys.addaudithook(self._notice)

    def watch(self, attempt: Attempt) -> Outcome:
        """Carries out one trial in the room, and leaves it as it was."""
        place = attempt.place
        # A link, where a set has one, and not what it leads to.
        link = os.readlink(place) if place.is_symlink() else None
        good = place.read_bytes() if place.exists() else None
        place.unlink(missing_ok=True)
        place.write_bytes(attempt.content)
        before = _state()
        forget_peak()
        start = time.process_time()
        with self._eyes_open(attempt.starts_programs) as seen:
            verdict, said = self._read(attempt)
        seconds = time.process_time() - start
        peak = status_bytes('VmHWM')
        if CANARY.exists() or seen:
            verdict, said = Verdict.ESCAPED, '; '.join(seen) or str(CANARY)
            CANARY.unlink(missing_ok=True)
        elif changed := _changed(before):
            verdict, said = Verdict.OVERWRITTEN, ', '.join(changed)
        elif verdict is Verdict.REFUSED and (
            seconds > MOST_SECONDS or peak > MOST_BYTES
        ):
            verdict = Verdict.COSTLY
        place.unlink(missing_ok=True)
        if link is not None:
            place.symlink_to(link)
        elif good is not None:
            place.write_bytes(good)
        return Outcome(
            attempt.subject, attempt.number, verdict, seconds, peak, said[:500]
        )

    def _read(self, attempt: Attempt) -> tuple[Verdict, str]:
        errors = StringIO()
        try:
            with redirect_stdout(StringIO()), redirect_stderr(errors):
                self._run_tool(
                    ArgumentParser(), lambda _: attempt.read(attempt.place), []
                )
        except SystemExit as stop:
            lines = errors.getvalue().splitlines()
            told = [line for line in lines if line.startswith('error: ')]
            if stop.code == 2 and len(told) == 1 and lines[-1] == told[0]:
                return Verdict.REFUSED, told[0]
            return Verdict.WORDY, f'status {stop.code}: ' + ' | '.join(lines)
        except ImpossibleResult as error:
            return Verdict.IMPOSSIBLE, str(error)
        except BaseException as error:
            return Verdict.TRACEBACK, _where(error)
        return Verdict.ACCEPTED, ''

    @contextmanager
    def _eyes_open(self, starts_programs: bool) -> Iterator[list[str]]:
        self._seen = seen = []
        self._expected = _OF_MMENGINE
        if starts_programs:
            self._expected = (*_OF_MMENGINE, repr(sys.executable))
        try:
            yield seen
        finally:
            self._seen = None

    def _notice(self, event: str, arguments: tuple) -> None:
        if self._seen is None:
            return
        if event in _PROGRAMS:
            said = f'{event} {arguments!r:.200}'
            if not any(name in said for name in self._expected):
                self._seen.append(said)
        elif event in _CHANGES or (
            event == 'open' and _is_writing(*arguments[1:3])
        ):
            path = arguments[0]
            if isinstance(path, (str, bytes, os.PathLike)) and not (
                self._is_within(os.fspath(path))
            ):
                self._seen.append(f'{event} {path!r:.200}')

    def _is_within(self, path: str | bytes) -> bool:
        path = Path(os.path.realpath(os.fsdecode(path)))
        return path.is_relative_to(self._room) or path == _NOWHERE


def _is_writing(mode: str | None, flags: int | None) -> bool:
    if mode is not None:
        return any(letter in mode for letter in 'wax+')
    return bool((flags or 0) & _WRITING)


def _state() -> dict[str, tuple[int, int]]:
    """Size and time of every file of the room but those for output."""
    found = {}
    for folder, names, files in os.walk('.'):
        if folder == '.' and OUT.name in names:
            names.remove(OUT.name)
        for file in files:
            path = os.path.join(folder, file)
            status = os.lstat(path)
            found[path] = status.st_size, status.st_mtime_ns
    return found


def _changed(before: dict[str, tuple[int, int]]) -> list[str]:
    after = _state()
    return [path for path, state in before.items() if after.get(path) != state]


def _where(error: BaseException) -> str:
    """An error in one line, and where in this package it arose."""
    package = __package__.partition('.')[0]
    frames = [
        f'{Path(frame.filename).name}:{frame.lineno}'
        for frame in traceback.extract_tb(error.__traceback__)
        if f'/{package}/' in frame.filename
        and '/torture/' not in frame.filename
    ]
    words = ' '.join(str(error).split())[:300]
    return f'{type(error).__name__}: {words} (at {" ".join(frames[-2:])})'
