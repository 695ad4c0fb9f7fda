"""Fig. 3: parameters and operations of every method."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ...errors import InputError
from .figure import Figure
from .published import published_data
from .table import Cell, Table, interleaved

#: Parameters and FLOPs by method, as thop counts them.
Counts = Mapping[str, tuple[float, float]]


def read_complexity(path: Path) -> Counts:
    """Reads what ``tools/analysis/get_flops.py --out`` wrote as JSON.

    Raises:
        InputError: The file is missing or of another kind.
    """
    try:
        records = json.loads(path.read_text(encoding='utf-8'))
        counts = {
            Path(record['config']).stem.removesuffix('_rafdb'): (
                float(record['thop_parameters']),
                float(record['thop_flops']),
            )
            for record in records
        }
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f'--complexity {path} holds no counts: write it with '
            '"tools/analysis/get_flops.py CONFIG ... --out FILE.json".'
        ) from error
    return {
        method: counts[method]
        for method in published_data()['methods']
        if method in counts
    }


def complexity_table(counts: Counts) -> Table:
    """The numbers behind the picture; the paper prints two methods' alone."""
    data = published_data()
    blocks = [
        [_cells(data['fig_3'].get(method)) for method in data['methods']],
        [_cells(_in_the_papers_units(counts, m)) for m in data['methods']],
    ]
    return Table(
        'fig_3',
        'Fig. 3 in numbers',
        'Parameters and operations, as thop counts them',
        ('Method', 'Source', 'Params (M)', 'FLOPs (G)'),
        [
            (name, source)
            for name, _ in data['methods'].values()
            for source in ('paper', 'ours')
        ],
        interleaved(blocks),
    )


def _in_the_papers_units(
    counts: Counts, method: str
) -> tuple[float, float] | None:
    if method not in counts:
        return None
    parameters, flops = counts[method]
    return parameters / 1e6, flops / 1e9


def _cells(numbers: tuple[float, float] | None) -> list[Cell]:
    return [Cell(Figure(number)) for number in numbers or (None, None)]
