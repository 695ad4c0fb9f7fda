"""Commands under way, which end together, and what they have printed."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SECONDS_BETWEEN_LOOKS = 0.5
_TAIL = 8192  # bytes; a logged iteration has about 200
_EPOCH = re.compile(r'Epoch\(train\)\s+\[\s*(\d+)\]')


class Stopped(Exception):
    """The command was not run to its end, because all were to stop."""


class Processes:
    """Runs commands, one in each thread, until all are told to stop.

    Each has a process group of its own, with all processes that it starts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen] = set()
        self._stopped = threading.Event()

    def run(
        self,
        command: Sequence[str],
        log: Path,
        environment: dict[str, str],
        meanwhile: Callable[[], None],
    ) -> int:
        """Runs a command to its end.

        Args:
            command: Program and arguments.
            log: File to which its output is appended.
            environment: Its environment variables.
            meanwhile: Called every half second.

        Returns:
            Its exit status, or minus the signal that ended it.

        Raises:
            Stopped: :meth:`stop` was called before it ended.
        """
        with open(log, 'ab', opener=_open_no_link) as output, self._lock:
            if self._stopped.is_set():
                raise Stopped
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
            self._running.add(process)
        while True:
            try:
                status = process.wait(_SECONDS_BETWEEN_LOOKS)
                break
            except subprocess.TimeoutExpired:
                meanwhile()
        with self._lock:
            self._running.discard(process)
            if self._stopped.is_set():
                raise Stopped
        return status

    def pause(self) -> None:
        """Waits half a second.

        Raises:
            Stopped: :meth:`stop` was called before it was over.
        """
        if self._stopped.wait(_SECONDS_BETWEEN_LOOKS):
            raise Stopped

    def stop(self) -> None:
        """Ends all commands with their whole process groups; starts no more.

        At once: checkpoints and metrics are files that are whole or absent,
        whatever moment a command is killed at.
        """
        with self._lock:
            self._stopped.set()
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _open_no_link(path: str, flags: int) -> int:
    """A run's folder may be a stranger's, and lead elsewhere by a link."""
    return os.open(path, flags | getattr(os, 'O_NOFOLLOW', 0), 0o666)


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
        epochs = _EPOCH.findall(self._tail())
        return int(epochs[-1]) if epochs else None

    def last_line(self) -> str:
        """The last line that is not blank, '' if there is none."""
        lines = [line.strip() for line in self._tail().splitlines()]
        return next(filter(None, reversed(lines)), '')

    def _tail(self) -> str:
        with self.path.open('rb') as file:
            size = file.seek(0, 2)
            file.seek(max(self.start, size - _TAIL))
            return file.read().decode(errors='replace')
