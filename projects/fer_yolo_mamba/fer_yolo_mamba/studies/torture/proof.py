"""The whole proof: damaged inputs, hostile checkpoints, killed trainings."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch

from ...compat.environment import Environment
from ...files import write_json
from ...reports.page import Page
from .checkpoints import TYPICAL, write_checkpoints
from .good_files import CHECKPOINT, write_good_files
from .kills import Kill, Training, killed_trainings
from .outcomes import Outcome, tallies
from .paths import PATHS, SLOW, given
from .readers import READERS, damaged
from .report import proof_page
from .trial import RunTool
from .workers import Order, Surroundings, Workers, quietly

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Proof:
    """What came of all trials.

    Attributes:
        machine: On which they ran.
        seed: Of all of them.
        inputs: Outcomes of the damaged inputs.
        checkpoints: Those of the hostile checkpoints.
        kills: The trainings that were killed.
    """

    machine: str
    seed: int
    inputs: tuple[Outcome, ...]
    checkpoints: tuple[Outcome, ...]
    kills: tuple[Kill, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing went wrong."""
        return not (
            any(x.verdict.is_fault for x in (*self.inputs, *self.checkpoints))
            or any(kill.difference for kill in self.kills)
        )

    def page(self) -> Page:
        """The page about it."""
        return proof_page(
            self.machine, self.seed, self.inputs, self.checkpoints, self.kills
        )

    def to_dict(self) -> dict:
        """Counts of each reader and path, every fault and every kill."""
        return {
            'machine': self.machine,
            'seed': self.seed,
            'inputs': _counted(self.inputs),
            'checkpoints': _counted(self.checkpoints),
            'kills': [asdict(kill) for kill in self.kills],
        }


@dataclass(frozen=True)
class Amount:
    """How much is tried.

    Attributes:
        inputs: Damaged ones, of all readers.
        checkpoints: On each path, the hostile ones among them.
        kills: Of trainings.
    """

    inputs: int = 10_000
    checkpoints: int = 98
    kills: int = 50


def torture(
    out: Path,
    amount: Amount,
    *,
    repository: Path,
    run_tool: RunTool,
    seed: int = 0,
    processes: int = 2,
    progress: Progress = lambda done, total: None,
) -> Proof:
    """Carries out all trials.

    >>> proof = torture(Path('outputs/torture'), Amount(), repository=Path(),
    ...                 run_tool=run_cli)
    >>> proof.holds

    Args:
        out: Folder of inputs, logs and runs; what an earlier proof left there
            is replaced. ``trials.jsonl`` and ``kills.json`` there tell of each
            trial as it ends.
        amount: How much is tried.
        repository: With ``tools/`` and ``configs/``.
        run_tool: See :data:`.trial.RunTool`.
        seed: The same seed tries the same.
        processes: Trials at a time.
        progress: Told the numbers of finished and of all trials.
    """
    out, repository = out.absolute(), repository.absolute()
    for name in ('good', 'checkpoints', 'faults', 'runs'):
        shutil.rmtree(out / name, ignore_errors=True)
    good, checkpoints = out / 'good', out / 'checkpoints'
    good.mkdir(parents=True)
    quietly(
        out / 'good.log',
        write_good_files,
        good,
        repository / 'configs/fer_yolo_mamba_demo.py',
    )
    orders = [*_inputs(amount.inputs, seed)]
    num_inputs = len(orders)
    if amount.checkpoints:
        names = write_checkpoints(
            good / CHECKPOINT, checkpoints, amount.checkpoints, seed
        )
        make = partial(
            given, checkpoints=checkpoints, tools=repository / 'tools'
        )
        orders += _checkpoints(names, make)
    outcomes: list[Outcome] = []
    total = len(orders) + amount.kills
    with (
        Workers(processes, Surroundings(good, out, run_tool)) as workers,
        (out / 'trials.jsonl').open('w', encoding='utf-8', buffering=1) as log,
    ):
        for outcome in workers.run(orders):
            outcomes.append(outcome)
            log.write(json.dumps(outcome.to_dict()) + '\n')
            progress(len(outcomes), total)
    kills: list[Kill] = []
    if amount.kills:
        training = Training(good, out / 'runs', repository / 'tools', run_tool)
        for kill in killed_trainings(training, amount.kills, seed, processes):
            kills.append(kill)
            write_json(out / 'kills.json', [asdict(kill) for kill in kills])
            progress(len(outcomes) + len(kills), total)
    shutil.rmtree(checkpoints, ignore_errors=True)
    machine = Environment.of(torch.device('cpu'))
    return Proof(
        f'{os.cpu_count()} cores of {machine.device}, torch {machine.torch}',
        seed,
        tuple(outcomes[:num_inputs]),
        tuple(outcomes[num_inputs:]),
        tuple(kills),
    )


def _inputs(count: int, seed: int) -> Iterator[Order]:
    """Shared out among the readers; at least two each, the first undamaged."""
    if not count:
        return
    shares = sum(reader.share for reader in READERS)
    make = partial(damaged, seed=seed)
    for reader in READERS:
        for number in range(max(2, round(count * reader.share / shares))):
            yield Order(reader.name, str(number), make)


def _checkpoints(names: Sequence[str], make: Callable) -> Iterator[Order]:
    """All on each path, the typical first; on slow paths these alone."""
    for name in sorted(names, key=lambda name: name not in TYPICAL):
        for path in PATHS:
            if path not in SLOW or name in TYPICAL:
                yield Order(path, name, make)


def _counted(outcomes: Sequence[Outcome]) -> dict:
    return {
        'subjects': [
            {
                'subject': tally.subject,
                'trials': tally.trials,
                'verdicts': {
                    verdict.value: count
                    for verdict, count in tally.counts.items()
                },
                'most_seconds': tally.seconds,
                'most_bytes': tally.peak_bytes,
            }
            for tally in tallies(outcomes)
        ],
        'faults': [x.to_dict() for x in outcomes if x.verdict.is_fault],
    }
