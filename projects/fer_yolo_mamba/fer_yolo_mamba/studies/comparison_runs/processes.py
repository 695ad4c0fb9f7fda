"""Commands under way, which end together."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from . import die_with_parent

_SECONDS_BETWEEN_LOOKS = 0.5


class Stopped(Exception):
    """The command was not run to its end, because all were to stop."""


class Processes:
    """Runs commands, one in each thread, until all are told to stop.

    Each has a process group of its own, with all processes that it starts.
    On Linux a command also ends if this process does, however that happens.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen] = set()
        self._stopped = False

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
        with log.open('ab') as output, self._lock:
            if self._stopped:
                raise Stopped
            process = subprocess.Popen(
                [*_guard(), *command],
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
            if self._stopped:
                raise Stopped
        return status

    def stop(self) -> None:
        """Ends all commands with their whole process groups; starts no more.

        At once: checkpoints and metrics are files that are whole or absent,
        whatever moment a command is killed at.
        """
        with self._lock:
            self._stopped = True
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _guard() -> list[str]:
    if sys.platform != 'linux':
        return []
    # Without site packages it starts in a few hundredths of a second.
    return [
        sys.executable,
        '-I',
        '-S',
        die_with_parent.__file__,
        str(os.getpid()),
    ]
