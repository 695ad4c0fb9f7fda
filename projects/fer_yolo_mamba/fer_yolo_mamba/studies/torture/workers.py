"""Processes that live on from trial to trial, and are replaced when they die.

An import of the libraries takes seconds and a trial milliseconds, so processes
are forked from one that has imported all (``forkserver``).
"""

import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

import torch

from .outcomes import Outcome, Verdict
from .trial import Attempt, RunTool, Watchman

CONTEXT = get_context('forkserver')
CONTEXT.set_forkserver_preload([__name__])

# Of a trial: a training takes seconds, on a busy machine minutes.
_PATIENCE = 600.0


@dataclass(frozen=True)
class Order:
    """A trial that a process is to carry out.

    Attributes:
        subject: Of the trial.
        number: Likewise.
        make: Makes the attempt of these two, inside of the process: what is
            tried need not travel. Can be pickled.
    """

    subject: str
    number: str
    make: Callable[[str, str], Attempt]


@dataclass(frozen=True)
class Surroundings:
    """What every process needs.

    Attributes:
        good: Folder of the good files, of which each gets a copy.
        out: Folder for the copies, the log and the inputs of faults.
        run_tool: See :data:`.trial.RunTool`.
    """

    good: Path
    out: Path
    run_tool: RunTool


class Workers:
    """Some processes, which share the trials.

    >>> with Workers(2, surroundings) as workers:
    ...     for outcome in workers.run(orders):
    ...         print(outcome)

    Args:
        count: Of processes.
        surroundings: What they need.
    """

    def __init__(self, count: int, surroundings: Surroundings) -> None:
        self._count = count
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._all = [_Worker(name, surroundings) for name in range(count)]
        for worker in self._all:
            self._idle.put(worker)

    def __enter__(self) -> 'Workers':
        return self

    def __exit__(self, *_) -> None:
        for worker in self._all:
            worker.end()

    def run(self, orders: Iterable[Order]) -> Iterator[Outcome]:
        """Carries out the trials; outcomes come in their order."""
        with ThreadPoolExecutor(self._count) as threads:
            yield from threads.map(self._run, orders)

    def _run(self, order: Order) -> Outcome:
        worker = self._idle.get()
        try:
            return worker.run(order)
        finally:
            self._idle.put(worker)


class _Worker:
    """One process, or the next one in its place."""

    def __init__(self, number: int, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._room = surroundings.out / f'room_{number}'
        self._input = surroundings.out / f'input_{number}'
        self._process = None

    def run(self, order: Order) -> Outcome:
        """Carries out one trial; whatever happens, there is an outcome."""
        if self._process is None:
            self._start()
        self._connection.send(order)
        outcome = Outcome(
            order.subject,
            order.number,
            Verdict.ENDLESS,
            said=f'none within {_PATIENCE:g} s',
        )
        try:
            if self._connection.poll(_PATIENCE):
                outcome = self._connection.recv()
            else:
                self.end()
        except (EOFError, ConnectionError):
            self._process.join()
            status = f'status {self._process.exitcode}'
            outcome = replace(outcome, verdict=Verdict.CRASHED, said=status)
            self.end()
        return self._keep(outcome) if outcome.verdict.is_fault else outcome

    def _keep(self, outcome: Outcome) -> Outcome:
        """Keeps the input of a fault, under the name of its trial."""
        folder = self._surroundings.out / 'faults'
        folder.mkdir(exist_ok=True)
        name = f'{outcome.subject}_{outcome.number}'.replace(' ', '_')
        kept = folder / name.replace('/', '_')
        with suppress(FileNotFoundError):
            os.replace(self._input, kept)
        return replace(outcome, kept=kept.name)

    def end(self) -> None:
        """Ends the process and removes its room."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = None
        shutil.rmtree(self._room, ignore_errors=True)

    def _start(self) -> None:
        shutil.rmtree(self._room, ignore_errors=True)
        shutil.copytree(self._surroundings.good, self._room, symlinks=True)
        self._connection, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(
            target=_serve,
            args=(theirs, self._room, self._input, self._surroundings),
            daemon=True,
        )
        self._process.start()
        # Of this side there must be none, or its end would not be seen.
        theirs.close()


def _serve(
    connection: Connection,
    room: Path,
    kept: Path,
    surroundings: Surroundings,
) -> None:
    """Carries out trials until the other side ends this process."""
    quiet(surroundings.out / 'workers.log')
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    torch.set_num_threads(1)
    os.chdir(room)
    # What libraries write for the moment is no escape from the room.
    tempfile.tempdir = tempfile.mkdtemp(dir=room)
    watchman = Watchman(Path.cwd(), surroundings.run_tool)
    while True:
        order = connection.recv()
        attempt = order.make(order.subject, order.number)
        # For the case that nobody lives to tell.
        kept.write_bytes(attempt.content)
        outcome = watchman.watch(attempt)
        connection.send(outcome)


def quiet(log: Path) -> None:
    """Sends what this process prints, libraries in C too, to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)


def quietly(log: Path, function: Callable, *arguments: object) -> None:
    """Calls a function of a module in such a process, in its first argument.

    Raises:
        RuntimeError: It failed; the log says why.
    """
    process = CONTEXT.Process(target=_quietly, args=(log, function, arguments))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f'{function.__name__} failed, see {log}')


def _quietly(log: Path, function: Callable, arguments: tuple) -> None:
    quiet(log)
    os.chdir(arguments[0])
    function(*arguments)
