"""Where the numbers of a table come from: the paper, and the finished runs."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from statistics import fmean, stdev

import yaml

from ...errors import InputError
from ...evaluation.significance import Estimate
from ...expressions import EXPRESSIONS
from ..runs import RunRecord, first_report

#: The paper's data sets by the ending of our configs' names.
DATA_SETS = {'rafdb': 'RAF-DB', 'sfew': 'SFEW'}

#: Stands in place of a class.
AVERAGE = 'average'

#: Class or `AVERAGE`, and one of AP, precision, recall and F1. The average AP
#: is mAP.
Key = tuple[str, str]


# What the paper calls the figures of a report.
_KINDS = {'ap': 'AP', 'precision': 'precision', 'recall': 'recall', 'f1': 'F1'}


@dataclass(frozen=True)
class Number:
    """A number of a table, perhaps a mean with its spread, or nothing.

    >>> print(Number.over_seeds([70.0, 71.0]))
    70.50 ± 0.71

    Attributes:
        mean: Mean over the seeds, None where there is no such number.
        std: Sample standard deviation (n - 1), None of fewer than two seeds.
        at_most: Of a number that the paper has but cannot be told: the
            greatest that it may be. None of any other.
    """

    mean: float | None = None
    std: float | None = None
    at_most: float | None = None

    @classmethod
    def over_seeds(cls, values: Iterable[float]) -> Number:
        """Mean and spread of the values that are not NaN."""
        values = [value for value in values if not math.isnan(value)]
        return cls(
            fmean(values) if values else None,
            stdev(values) if len(values) > 1 else None,
        )

    def __str__(self) -> str:
        if self.mean is None:
            return '–'
        if self.std is None:
            return f'{self.mean:.2f}'
        return f'{self.mean:.2f} ± {self.std:.2f}'


@dataclass(frozen=True)
class Source:
    """Numbers by config.

    Attributes:
        name: What its rows are called.
        numbers: AP, precision and recall in percent, F1 as a fraction, by the
            config's name and key.
    """

    name: str
    numbers: Mapping[str, Mapping[Key, Number]]

    def row(self, config: str, keys: Iterable[Key]) -> list[Number]:
        """A config's numbers; one that does not exist is missing."""
        known = self.numbers.get(config, {})
        return [known.get(key, Number()) for key in keys]


@cache
def published_data() -> dict:
    """All that the paper prints; see the comments of ``published.yaml``."""
    text = files(__package__).joinpath('published.yaml').read_text('utf-8')
    return yaml.safe_load(text)


def published(table: str) -> Source:
    """The paper's own numbers of one table, ``table_1`` to ``table_4``."""
    numbers: dict[str, dict[Key, Number]] = {}
    for config, row in published_data()[table].items():
        numbers[config] = {}
        for kind, printed in row.items():
            by_class = isinstance(printed, list)
            names = (*EXPRESSIONS, AVERAGE) if by_class else (AVERAGE,)
            values = printed if by_class else [printed]
            for name, value in zip(names, values, strict=True):
                # Of a list it is not known which number it is.
                numbers[config][name, kind] = (
                    Number(at_most=max(value))
                    if isinstance(value, list)
                    else Number(value)
                )
    return Source('paper', numbers)


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
                        end: math.nan if value is None else float(value)
                        for end, value in estimate.items()
                    }
                )
                for name, estimate in report['intervals']['figures'].items()
            }
        except (
            ArithmeticError,
            AttributeError,
            KeyError,
            RecursionError,
            TypeError,
            ValueError,
        ) as error:
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
    runs = defaultdict(list)
    for path in sorted(runs_dir.glob('*/seed_*/run.json')):
        record = RunRecord.read(path.parent)
        if record and record.metrics:
            run = FinishedRun(path.parent, record)
            runs[run.name].append(run)
    for of_config in runs.values():
        of_config.sort(key=lambda run: run.record.seed)
    return dict(runs)


def source_of(runs: Mapping[str, Sequence[FinishedRun]]) -> Source:
    """Every config's mean and spread over its seeds, in the paper's units."""
    numbers = {}
    for name, of_config in runs.items():
        values = defaultdict(list)
        for run in of_config:
            for row in first_report(run.record.metrics).rows():
                for figure, kind in _KINDS.items():
                    scale = 1 if kind == 'F1' else 100
                    values[row['class'], kind].append(scale * row[figure])
        numbers[name] = {
            key: Number.over_seeds(seeds) for key, seeds in values.items()
        }
    return Source('ours', numbers)
