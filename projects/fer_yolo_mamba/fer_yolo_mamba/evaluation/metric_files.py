"""Metrics as files: a JSON with the latest values, a CSV with all of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError
from ..files import json_text, write_atomically

FIGURES = ('AP', 'precision', 'recall', 'F1')
_AVERAGES = dict(
    zip(('mAP', 'avg_precision', 'avg_recall', 'avg_F1'), FIGURES, strict=True)
)
_COLUMNS = ('split', 'epoch', 'evaluator', 'class', *FIGURES)


def per_class_rows(metrics: Mapping[str, float]) -> list[dict]:
    """Sort an evaluator's flat metrics into one row a class.

    ``fer/F1/Happy`` is the F1 of class Happy from the evaluator with the
    prefix ``fer``, ``fer/avg_F1`` goes into that evaluator's last row, named
    ``average``. Prefixes may be anything or nothing; other names are passed
    over.

    Returns:
        Dictionaries with ``evaluator`` (the prefix), ``class`` and, as far
        as they are given, ``AP``, ``precision``, ``recall`` and ``F1``.
    """
    groups: dict[str, dict[str, dict]] = {}
    averages: dict[str, dict] = {}
    for name, value in metrics.items():
        *head, last = name.split('/')
        if head and head[-1] in FIGURES:
            *prefix, figure = head
            group = groups.setdefault('/'.join(prefix), {})
            group.setdefault(last, {})[figure] = float(value)
        elif last in _AVERAGES:
            average = averages.setdefault('/'.join(head), {})
            average[_AVERAGES[last]] = float(value)
    rows = []
    for evaluator, group in groups.items():
        if evaluator in averages:
            group['average'] = averages[evaluator]
        for name, figures in group.items():
            rows.append({'evaluator': evaluator, 'class': name, **figures})
    return rows


def write_metric_files(
    stem: str | Path,
    metrics: Mapping[str, float],
    split: str = 'test',
    epoch: int | None = None,
) -> list[dict]:
    """Write ``<stem>.json`` and bring ``<stem>.csv`` up to date.

    Example::

        metrics = runner.test()
        write_metric_files('work_dirs/rafdb/test', metrics)

    The JSON holds ``split``, ``epoch`` and ``metrics`` of this call alone,
    with null for NaN. The CSV is a history: the rows of this call replace
    those that the same split has for this epoch and for any later one, which
    a training resumed from an earlier epoch has made void.

    Args:
        stem: Path of both files without their endings.
        metrics: Names and values as an evaluator returns them.
        split: ``'val'`` or ``'test'``.
        epoch: Finished training epochs; None if they are not known, as when
            a checkpoint is tested.

    Returns:
        All rows of the CSV; each has ``split``, ``epoch`` and the keys of
        :func:`per_class_rows`, as the strings that are written.

    Raises:
        InputError: The CSV exists but was not written by this function.
    """
    stem = Path(stem)
    content = {'split': split, 'epoch': epoch, 'metrics': dict(metrics)}
    write_atomically(stem.with_name(stem.name + '.json'), json_text(content))

    path = stem.with_name(stem.name + '.csv')
    rows = [row for row in _read(path) if not _is_void(row, split, epoch)]
    for figures in per_class_rows(metrics):
        row = {'split': split, 'epoch': epoch, **figures}
        rows.append(
            {
                column: '' if row.get(column) is None else str(row[column])
                for column in _COLUMNS
            }
        )
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator='\n')
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue())
    return rows


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline='', encoding='utf-8') as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    well_formed = tuple(reader.fieldnames or ()) == _COLUMNS and all(
        None not in row
        and None not in row.values()
        and (row['epoch'] == '' or row['epoch'].isdigit())
        for row in rows
    )
    if not well_formed:
        raise InputError(
            f'{path} is not a table of metrics as this project writes it; '
            'move it away.'
        )
    return rows


def _is_void(row: dict[str, str], split: str, epoch: int | None) -> bool:
    if row['split'] != split:
        return False
    if epoch is None or row['epoch'] == '':
        return epoch is None and row['epoch'] == ''
    return int(row['epoch']) >= epoch
