"""Tables for logs: plain text in columns of fixed width."""

from __future__ import annotations

from collections.abc import Sequence


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out cells in columns, the first flush left, the others right.

    Example::

        >>> print(text_table(['class', 'AP'], [['Happy', '61.25']]))
        class     AP
        -----  -----
        Happy  61.25

    Args:
        header: One name a column.
        rows: Cells, as many in each row as the header has.

    Returns:
        The lines without a final newline.
    """
    widths = [
        max(map(len, column)) for column in zip(header, *rows, strict=True)
    ]
    lines = [header, ['-' * width for width in widths], *rows]
    return '\n'.join(
        '  '.join(
            [
                cells[0].ljust(widths[0]),
                *map(str.rjust, cells[1:], widths[1:]),
            ]
        )
        for cells in lines
    )
