"""A table as CSV."""

import csv
import io

from .table import Cell, Table


def to_csv(table: Table) -> str:
    """Mean and standard deviation of every figure in columns of their own.

    What is missing is empty; nothing is rounded or marked.
    """
    labelled = len(table.labels[0])
    header = [
        *table.header[:labelled],
        *(
            f'{name}{ending}'
            for name in table.header[labelled:]
            for ending in ('', ' std')
        ),
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(header)
    for labels, cells in zip(table.labels, table.cells, strict=True):
        writer.writerow([*labels, *(part for c in cells for part in _parts(c))])
    return text.getvalue()


def _parts(cell: Cell) -> tuple[float | None, float | None]:
    if cell.figure is None:
        return None, None
    return cell.figure.mean, cell.figure.std
