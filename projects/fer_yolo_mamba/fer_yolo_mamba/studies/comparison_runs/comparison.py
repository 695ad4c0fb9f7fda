"""Carries out many runs, one a device at a time."""

import queue
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache
from pathlib import Path

from rich.console import Console

from ...errors import InputError
from .data_digest import split_digest
from .devices import Device
from .execution import Execution, RunFailed, Tools
from .figures import figures_of
from .processes import Processes, Stopped
from .progress_table import ProgressTable
from .run import Run
from .run_record import RunRecord, describe
from .run_status import RunStatus, State
from .summary import Summary
from .unchanged import continued
from .work_dir_lock import locked


def compare_runs(
    runs: Sequence[Run],
    work_dir: Path,
    devices: Sequence[Device],
    tools: Tools,
    console: Console,
) -> dict[Run, RunStatus]:
    """Trains and tests every run that is not done, and sums all of them up.

    May be called again after an interruption, a kill included: finished runs
    are recognised, an interrupted training goes on from its last checkpoint
    and an interrupted test is repeated. A run that fails leaves the others
    alone, and is tried again the next time.

    Args:
        runs: As :func:`list_runs` returns them.
        work_dir: The same folder as there; ``summary.md`` and ``summary.csv``
            are written to it, after an interruption, too.
        devices: As :func:`choose_devices` returns them.
        tools: What trains and tests.
        console: Where to show the progress.

    Returns:
        The last status of every run.

    Raises:
        InputError: A run's folder holds a run of another config or of other
            data, or another comparison is at work in the folder.
        KeyboardInterrupt: The user stopped it; no process is left.
    """
    with locked(work_dir):
        records, known = _sort(runs)
        with ProgressTable(runs, console) as table:
            for run, status in known.items():
                table.update(run, status)
            try:
                _carry_out(records, devices, tools, table)
            finally:
                Summary.of(table.statuses).write(work_dir)
    return table.statuses


def _sort(
    runs: Sequence[Run],
) -> tuple[dict[Run, RunRecord], dict[Run, RunStatus]]:
    """The runs to carry out, and those that are done or at fault already."""
    digest = cache(split_digest)  # many runs share one data set
    records, known = {}, {}
    for run in runs:
        try:
            described = describe(run, digest)
        except InputError as fault:
            known[run] = RunStatus(State.FAILED, str(fault))
            continue
        except Exception as error:
            # A config names code of any kind: anything can go wrong in it.
            known[run] = RunStatus(
                State.FAILED, f'{type(error).__name__}: {error}'
            )
            continue
        record = continued(run, described)
        if record.finished:
            known[run] = RunStatus(
                State.DONE, figures=figures_of(record.metrics)
            )
        else:
            records[run] = record
    return records, known


def _carry_out(
    records: Mapping[Run, RunRecord],
    devices: Sequence[Device],
    tools: Tools,
    table: ProgressTable,
) -> None:
    waiting: queue.SimpleQueue[Run] = queue.SimpleQueue()
    for run in records:
        waiting.put(run)
    processes = Processes()

    def work(device: Device) -> None:
        execution = Execution(tools, device, processes)
        while not waiting.empty():
            try:
                run = waiting.get_nowait()
            except queue.Empty:  # another device was faster
                return
            try:
                execution.carry_out(
                    run,
                    records[run],
                    lambda status, run=run: table.update(run, status),
                )
            except Stopped:
                table.update(run, RunStatus())
                return
            except (RunFailed, InputError, OSError) as fault:
                table.update(run, RunStatus(State.FAILED, str(fault)))

    with ThreadPoolExecutor(len(devices)) as pool:
        try:
            workers = [pool.submit(work, device) for device in devices]
            for worker in as_completed(workers):
                worker.result()
        except BaseException:
            # An interrupt, or a fault of a worker's: the pool would wait for
            # the end of all others.
            processes.stop()
            raise
