"""All runs of a study: which are left to do, and what they found together."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout
from rich.console import Console

from ..errors import InputError
from .runs import Run, RunRecord, continued, describe, split_digest
from .summary import ProgressTable, RunStatus, State, figures_of, write_summary

# Carries out runs, given with what their folders say of them, and tells each
# of their stages. One that fails leaves the others alone; an interrupt leaves
# no process.
Scheduler = Callable[
    [Mapping[Run, RunRecord], Callable[[Run, RunStatus], None]], None
]


def compare_runs(
    runs: Sequence[Run],
    work_dir: Path,
    schedule: Scheduler,
    console: Console,
) -> dict[Run, RunStatus]:
    """Trains and tests every run that is not done, and sums all of them up.

    May be called again after an interruption, a kill included: finished runs
    are recognised, an interrupted training goes on from its last checkpoint
    and an interrupted test is repeated. A training that outlived a kill is
    waited for. A run that fails leaves the others alone, and is tried again
    the next time.

    Args:
        runs: As :func:`~.runs.list_runs` returns them.
        work_dir: The same folder as there; ``summary.md`` and ``summary.csv``
            are written to it, after an interruption, too.
        schedule: Carries them out.
        console: Where to show the progress.

    Returns:
        The last status of every run.

    Raises:
        InputError: A run's folder holds a run of another config or of other
            data, or another comparison is at work in the folder.
        KeyboardInterrupt: The user stopped it; no process is left.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(work_dir / '.lock').acquire(blocking=False)
    except Timeout as error:
        raise InputError(
            f'another comparison is at work in {work_dir}: wait for its '
            'end, stop it, or name another --work-dir.'
        ) from error
    with lock:
        records, known = _sort(runs)
        with ProgressTable(runs, console) as table:
            for run, status in known.items():
                table.update(run, status)
            try:
                schedule(records, table.update)
            finally:
                write_summary(table.statuses, work_dir)
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
        except Exception as fault:
            # A config names code of any kind: anything can go wrong in it.
            is_known = isinstance(fault, InputError)
            kind = '' if is_known else f'{type(fault).__name__}: '
            known[run] = RunStatus(State.FAILED, f'{kind}{fault}')
            continue
        record = continued(run, described)
        if record.finished:
            known[run] = RunStatus(
                State.DONE, figures=figures_of(record.metrics)
            )
        else:
            records[run] = record
    return records, known
