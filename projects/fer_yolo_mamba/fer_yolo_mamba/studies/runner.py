"""Carries out the runs of a study, one a device at a time."""

import json
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from rich.console import Console

from ..engine.run_folder import latest_checkpoint, locked
from ..errors import InputError
from .processes import Processes, Stopped, ToolLog
from .runs import Run, RunRecord, continued, describe, split_digest
from .summary import ProgressTable, RunStatus, State, figures_of, write_summary

CPU = 'cpu'


class RunFailed(Exception):
    """A run cannot go on; the message is the last line of its log."""


@dataclass(frozen=True)
class Tools:
    """The commands that train and test: program and first arguments.

    Attributes:
        train: Takes what tools/train.py takes.
        test: Takes what tools/test.py takes.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Device:
    """Where one run at a time is carried out.

    Attributes:
        name: A GPU as ``CUDA_VISIBLE_DEVICES`` names it, or ``cpu``.
        model: What it is called.
    """

    name: str
    model: str

    def environment(self) -> dict[str, str]:
        """This process's variables, with no other GPU in sight."""
        visible = '' if self.name == CPU else self.name
        return {**os.environ, 'CUDA_VISIBLE_DEVICES': visible}


def choose_devices(
    names: Sequence[str] | None, model_of: Callable[[torch.device], str]
) -> list[Device]:
    """Finds the devices that were asked for.

    Args:
        names: GPUs as ``CUDA_VISIBLE_DEVICES`` names them, or ``cpu``; one
            named twice carries out two runs at a time. None for all visible
            GPUs, or the CPU where there is none.
        model_of: Tells what torch's device is called.

    Raises:
        InputError: There is no such GPU.
    """
    count = torch.cuda.device_count()
    visible = os.environ.get('CUDA_VISIBLE_DEVICES')
    listed = range(count) if visible is None else visible.split(',')[:count]
    gpus = [str(name).strip() for name in listed]
    torch_devices = {
        **{name: torch.device('cuda', i) for i, name in enumerate(gpus)},
        CPU: torch.device(CPU),
    }
    devices = []
    for name in names or gpus or [CPU]:
        if name not in torch_devices:
            raise InputError(
                f'--devices {name}: torch sees {", ".join(gpus) or "no GPU"}; '
                f'name one of them, or {CPU}.'
            )
        devices.append(Device(name, model_of(torch_devices[name])))
    return devices


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
    and an interrupted test is repeated. A training that outlived a kill is
    waited for. A run that fails leaves the others alone, and is tried again
    the next time.

    Args:
        runs: As :func:`~.runs.list_runs` returns them.
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
                _carry_out(records, devices, tools, table)
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


def _carry_out(
    records: Mapping[Run, RunRecord],
    devices: Sequence[Device],
    tools: Tools,
    table: ProgressTable,
) -> None:
    waiting = deque(records)
    processes = Processes()

    def work(device: Device) -> None:
        while True:
            try:
                run = waiting.popleft()
            except IndexError:
                return
            execution = Execution(run, tools, device, processes, table)
            try:
                execution.carry_out(records[run])
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


@dataclass(frozen=True)
class Execution:
    """One run on a device: training, then test.

    Attributes:
        run: The run.
        tools: What trains and tests.
        device: Where.
        processes: Starts the tools, and may stop them.
        table: Told of every stage.
    """

    run: Run
    tools: Tools
    device: Device
    processes: Processes
    table: ProgressTable

    def carry_out(self, record: RunRecord) -> None:
        """Trains, unless that is done, and tests.

        Each stage reached is written to the run's record before the next one
        begins, so a run that was killed goes on from there.

        Args:
            record: What the run is, and what earlier starts have reached.

        Raises:
            RunFailed: A tool failed, or left out what the next step needs.
            InputError: The test gave no figures to compare.
            Stopped: See :class:`~.processes.Processes`.
        """
        folder = self.run.folder
        record = replace(
            record, device=self.device.model, started=record.started or _now()
        )
        record.write(folder)
        if not record.trained:
            self._await_earlier_training()
            self._train(record.epochs)
            record = replace(record, trained=_now())
            record.write(folder)
        self._tell(State.TESTING)
        metrics = self._test()
        figures = figures_of(metrics)
        record = replace(record, finished=_now(), metrics=metrics)
        record.write(folder)
        self._tell(State.DONE, figures=figures)

    def _tell(self, state: State, detail: str = '', **more) -> None:
        self.table.update(self.run, RunStatus(state, detail, **more))

    def _await_earlier_training(self) -> None:
        """It goes on if the comparison that started it was killed."""
        while True:
            try:
                with locked(self.run.folder):
                    return
            except InputError:
                self._tell(State.WAITING, 'for a training of an earlier start')
                self.processes.pause()

    def _train(self, epochs: int) -> None:
        log = ToolLog.from_now(self.run.folder / 'train.log')
        self._tell(State.TRAINING)

        def tell_epoch() -> None:
            if epoch := log.epoch():
                self._tell(State.TRAINING, f'epoch {epoch}/{epochs}')

        arguments = self.run.arguments(self.run.folder)
        self._call(
            [*self.tools.train, self.run.config, *arguments, '--resume'],
            log,
            tell_epoch,
        )

    def _test(self) -> dict[str, dict]:
        checkpoint = latest_checkpoint(self.run.folder)
        if checkpoint is None:
            raise RunFailed(f'{self.run.folder} holds no epoch_*.pth to test')
        # A folder of its own, as a test writes a config and metrics, too.
        folder = self.run.folder / 'test'
        dump = folder / 'metrics.json'
        command = [
            *self.tools.test,
            self.run.config,
            str(checkpoint),
            *('--dump', str(dump)),
            *self.run.arguments(folder),
        ]
        log = ToolLog.from_now(self.run.folder / 'test.log')
        self._call(command, log, lambda: None)
        try:
            return json.loads(dump.read_text(encoding='utf-8'))['reports']
        except (OSError, ValueError, KeyError) as error:
            raise RunFailed(f'the test wrote no metrics to {dump}') from error

    def _call(
        self,
        command: Sequence[str],
        log: ToolLog,
        meanwhile: Callable[[], None],
    ) -> None:
        status = self.processes.run(
            command, log.path, self.device.environment(), meanwhile
        )
        if status:
            ended = (
                f'killed by {signal.Signals(-status).name}'
                if status < 0
                else f'exit status {status}'
            )
            raise RunFailed(
                f'{log.last_line() or "it printed nothing"} '
                f'({ended}, {log.path})'
            )


def _now() -> str:
    """The time as records hold it."""
    return datetime.now().astimezone().isoformat(timespec='seconds')
