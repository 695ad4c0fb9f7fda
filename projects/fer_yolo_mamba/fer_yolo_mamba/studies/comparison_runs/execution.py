"""Carries out one run: training, then test."""

import json
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...engine.runner import latest_checkpoint
from .devices import Device
from .figures import figures_of
from .processes import Processes
from .run import Run
from .run_record import RunRecord, now
from .run_status import RunStatus, State
from .tool_log import ToolLog


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
class Execution:
    """Carries out runs on one device, one after another.

    Attributes:
        tools: What trains and tests.
        device: Where.
        processes: Starts the tools, and may stop them.
    """

    tools: Tools
    device: Device
    processes: Processes

    def carry_out(
        self, run: Run, record: RunRecord, report: Callable[[RunStatus], None]
    ) -> None:
        """Trains, unless that is done, and tests.

        Each stage reached is written to the run's record before the next one
        begins, so a run that was killed goes on from there.

        Args:
            run: The run.
            record: What it is, and what earlier starts have reached.
            report: Told of every stage.

        Raises:
            RunFailed: A tool failed, or left out what the next step needs.
            InputError: The test gave no figures to compare.
            Stopped: See :class:`Processes`.
        """
        record = replace(
            record,
            device=self.device.model,
            started=record.started or now(),
        )
        record.write(run.folder)
        if not record.trained:
            self._train(run, record.epochs, report)
            record = replace(record, trained=now())
            record.write(run.folder)
        report(RunStatus(State.TESTING))
        metrics = self._test(run)
        figures = figures_of(metrics)
        record = replace(record, finished=now(), metrics=metrics)
        record.write(run.folder)
        report(RunStatus(State.DONE, figures=figures))

    def _train(
        self, run: Run, epochs: int, report: Callable[[RunStatus], None]
    ) -> None:
        log = ToolLog.from_now(run.folder / 'train.log')
        report(RunStatus(State.TRAINING))

        def tell_epoch() -> None:
            if epoch := log.epoch():
                report(RunStatus(State.TRAINING, f'epoch {epoch}/{epochs}'))

        command = [
            *self.tools.train,
            run.config,
            *run.arguments(run.folder),
            '--resume',
        ]
        self._call(command, log, tell_epoch)

    def _test(self, run: Run) -> dict[str, dict]:
        checkpoint = latest_checkpoint(run.folder)
        if checkpoint is None:
            raise RunFailed(f'{run.folder} holds no epoch_*.pth to test')
        # A folder of its own, as a test writes a config and metrics, too.
        folder = run.folder / 'test'
        dump = folder / 'metrics.json'
        command = [
            *self.tools.test,
            run.config,
            str(checkpoint),
            *('--dump', str(dump)),
            *run.arguments(folder),
        ]
        log = ToolLog.from_now(run.folder / 'test.log')
        self._call(command, log, lambda: None)
        return _read_metrics(dump)

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


def _read_metrics(path: Path) -> dict[str, dict]:
    try:
        return json.loads(path.read_text(encoding='utf-8'))['reports']
    except (OSError, ValueError, KeyError) as error:
        raise RunFailed(f'the test wrote no metrics to {path}') from error
