"""A table as Markdown."""

from ...reports.page import markdown_table
from .table import Cell, Mark, Table

_MARKED = {
    Mark.NONE: '{}',
    Mark.BEST: '**{}**',
    Mark.SECOND: '<u>{}</u>',
}


def to_markdown(table: Table) -> str:
    """Best figures bold, second best underlined; no final newline."""
    rows = [
        [*labels, *map(_cell, cells)]
        for labels, cells in zip(table.labels, table.cells, strict=True)
    ]
    return markdown_table(table.header, rows)


def _cell(cell: Cell) -> str:
    return _MARKED[cell.mark].format(cell)
