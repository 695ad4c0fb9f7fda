"""Tables as Markdown writes them."""

from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lays out cells in columns of equal width.

    >>> print(markdown_table(['side', 'time'], [['320', '8 ms']]))
    | side | time |
    | ---- | ---- |
    | 320  | 8 ms |

    Args:
        header: One name a column.
        rows: Cells, as many in each row as the header has.

    Returns:
        The lines without a final newline.
    """
    rows = list(rows)
    widths = [
        max(3, *map(len, column)) for column in zip(header, *rows, strict=True)
    ]
    lines = [header, ['-' * width for width in widths], *rows]
    return '\n'.join(
        f'| {" | ".join(map(str.ljust, cells, widths))} |' for cells in lines
    )
