"""Metrics as files: a JSON with the latest values, a CSV with all of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError
from ..files import csv_text, write_atomically, write_json
from ..inputs import read_table, whole_number
from .report import FIGURES, DetectionReport

_COLUMNS = ('split', 'epoch', 'evaluator', 'class', *FIGURES)


def write_metric_files(
    stem: str | Path,
    reports: Mapping[str, DetectionReport],
    metrics: Mapping[str, float],
    split: str = 'test',
    epoch: int | None = None,
) -> list[dict]:
    """Write ``<stem>.json`` and bring ``<stem>.csv`` up to date.

    Example::

        metrics = runner.test()
        reports = {prefix: metric.report for prefix, metric
                   in fer_metrics(runner.test_evaluator).items()}
        write_metric_files('work_dirs/rafdb/test', reports, metrics)

    The JSON holds ``split``, ``epoch``, ``reports`` and ``other_metrics`` of
    this call alone, with null for NaN. The CSV is a history: the rows of this
    call replace those that the same split has for this epoch and for any
    later one, which a training resumed from an earlier epoch has made void.

    Args:
        stem: Path of both files without their endings.
        reports: By evaluator, that is by the prefix of its names.
        metrics: Names and values as an evaluator returns them; those that
            the reports hold are not repeated.
        split: ``'val'`` or ``'test'``.
        epoch: Finished training epochs, or iterations of a training that
            counts these; None if they are not known, as when a checkpoint is
            tested.

    Returns:
        All rows of the CSV, as the strings that are written: ``split``,
        ``epoch``, ``evaluator``, ``class`` (``average`` for the means),
        ``ap``, ``precision``, ``recall`` and ``f1``.

    Raises:
        InputError: The CSV exists but was not written by this function.
    """
    stem = Path(stem)
    told = {
        f'{evaluator}/{name}'
        for evaluator, report in reports.items()
        for name in report.to_metrics()
    }
    content = {
        'split': split,
        'epoch': epoch,
        'reports': {name: r.to_dict() for name, r in reports.items()},
        'other_metrics': {k: v for k, v in metrics.items() if k not in told},
    }
    write_json(stem.with_name(stem.name + '.json'), content)

    path = stem.with_name(stem.name + '.csv')
    rows = [row for row in _read(path) if not _is_void(row, split, epoch)]
    at = {'split': split, 'epoch': '' if epoch is None else epoch}
    for evaluator, report in reports.items():
        for figures in report.rows():
            row = at | {'evaluator': evaluator} | figures
            rows.append({column: str(row[column]) for column in _COLUMNS})
    _write(path, rows)
    return rows


def last_validation(path: str | Path) -> int | None:
    """The last epoch of which a table has a validation, or None.

    Raises:
        InputError: The file was not written by :func:`write_metric_files`.
    """
    rows = _read(Path(path))
    epochs = [row['epoch'] for row in rows if row['split'] == 'val']
    return max(map(int, filter(None, epochs)), default=None)


def forget_validations(path: str | Path, after: int) -> None:
    """Takes what comes after an epoch out of a table, if it has such rows.

    A training that goes on from that epoch makes them anew.

    Raises:
        InputError: The file was not written by :func:`write_metric_files`.
    """
    path = Path(path)
    rows = _read(path)
    kept = [row for row in rows if not _is_void(row, 'val', after + 1)]
    if len(kept) < len(rows):
        _write(path, kept)


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    text = csv_text([_COLUMNS, *map(dict.values, rows)])
    write_atomically(path, text, durable=True)


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    remedy = 'it is no table of metrics as this version writes it: move it away'
    rows = list(read_table(path, _COLUMNS, remedy))
    if not all(
        tuple(row) == _COLUMNS
        and all(cell for name, cell in row.items() if name != 'epoch')
        and (row['epoch'] == '' or whole_number(row['epoch']) is not None)
        for row in rows
    ):
        raise InputError(f'{path}: {remedy}.')
    return rows


def _is_void(row: dict[str, str], split: str, epoch: int | None) -> bool:
    if row['split'] != split:
        return False
    if epoch is None or row['epoch'] == '':
        return epoch is None and row['epoch'] == ''
    return int(row['epoch']) >= epoch
