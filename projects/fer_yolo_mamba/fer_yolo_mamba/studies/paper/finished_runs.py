"""Finds the finished runs of a comparison."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError
from ...evaluation import DetectionReport
from ...evaluation.significance import Estimate
from ..comparison_runs.run_record import RunRecord
from .figure import Figure
from .source import Key, Source

# What the paper calls the figures.
_KINDS = {'ap': 'AP', 'precision': 'precision', 'recall': 'recall', 'f1': 'F1'}


@dataclass(frozen=True)
class FinishedRun:
    """A run whose test is done.

    Attributes:
        folder: ``<work dir>/<config>/seed_<n>``.
        record: Its ``run.json``.
    """

    folder: Path
    record: RunRecord

    @property
    def name(self) -> str:
        """The config's name."""
        return self.folder.parent.name

    def intervals(self) -> dict[str, Estimate]:
        """Figures of the test's report, by name; none if it has no report.

        Raises:
            InputError: The report is damaged.
        """
        path = self.folder / 'test' / 'report' / 'figures.json'
        if not path.exists():
            return {}
        try:
            report = json.loads(path.read_text(encoding='utf-8'))
            return {
                name: Estimate(
                    **{
                        end: math.nan if value is None else value
                        for end, value in estimate.items()
                    }
                )
                for name, estimate in report['intervals']['figures'].items()
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f'{path} is not a report that this version wrote: write it '
                'anew with tools/analysis/plot_test.py.'
            ) from error


def find_finished_runs(runs_dir: Path) -> dict[str, list[FinishedRun]]:
    """Reads a folder that ``tools/compare.py run`` wrote.

    Args:
        runs_dir: Its ``--work-dir``.

    Returns:
        Finished runs by the config's name, in the order of their seeds.

    Raises:
        InputError: There is no such folder, or a record in it is damaged.
    """
    if not runs_dir.is_dir():
        raise InputError(
            f'{runs_dir} is no folder: name the --work-dir of '
            '"tools/compare.py run".'
        )
    found: dict[str, list[FinishedRun]] = {}
    for path in sorted(runs_dir.glob('*/seed_*/run.json')):
        record = RunRecord.read(path.parent)
        if record and record.metrics:
            run = FinishedRun(path.parent, record)
            found.setdefault(run.name, []).append(run)
    for runs in found.values():
        runs.sort(key=lambda run: run.record.seed)
    return found


def source_of(runs: dict[str, list[FinishedRun]]) -> Source:
    """Every config's mean and spread over its seeds."""
    return Source('ours', {name: _figures(of) for name, of in runs.items()})


def _figures(runs: Sequence[FinishedRun]) -> dict[Key, Figure]:
    values: dict[Key, list[float]] = {}
    for run in runs:
        for key, value in _in_the_papers_units(run.record):
            values.setdefault(key, []).append(value)
    return {key: Figure.over_seeds(of) for key, of in values.items()}


def _in_the_papers_units(record: RunRecord) -> Iterator[tuple[Key, float]]:
    # Of several evaluators the first counts.
    report = DetectionReport.from_dict(next(iter(record.metrics.values())))
    for row in report.rows():
        for figure, kind in _KINDS.items():
            scale = 1 if kind == 'F1' else 100
            yield (row['class'], kind), scale * row[figure]
