"""Carries out one run of a study: training, then test, on one device."""

import json
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..engine.run_folder import latest_checkpoint, locked
from ..errors import InputError
from .processes import Processes, ToolLog
from .runs import Run, RunRecord
from .summary import RunStatus, State, figures_of

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


@dataclass(frozen=True)
class Execution:
    """One run on a device: training, then test.

    Attributes:
        run: The run.
        tools: What trains and tests.
        device: Where.
        processes: Starts the tools, and may stop them.
        tell: Is told of every stage.
    """

    run: Run
    tools: Tools
    device: Device
    processes: Processes
    tell: Callable[[RunStatus], None]

    def attempt(self, record: RunRecord) -> None:
        """As :meth:`carry_out`; what fails is a stage like others.

        Raises:
            Stopped: See :class:`~.processes.Processes`.
        """
        try:
            self.carry_out(record)
        except (RunFailed, InputError, OSError) as fault:
            self._tell(State.FAILED, str(fault))

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
        self.tell(RunStatus(state, detail, **more))

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
