"""Marks the best figures among those that compete."""

from collections.abc import Iterable, Sequence

from .figure import Figure
from .table import Cell, Mark


def ranked(figures: Sequence[Figure], second: bool = True) -> list[Cell]:
    """Marks the greatest figure, and the next one.

    Figures count as they are printed, so equal ones share a mark. One alone
    gets none, and none is given that is not certain: a number that the paper
    has but cannot be told may be as great as it can be.

    >>> [cell.mark.name for cell in ranked([Figure(1.0), Figure(2.0)])]
    ['SECOND', 'BEST']

    Args:
        figures: Those that compete.
        second: Whether the second best is marked, too.
    """
    printed = [_printed(figure.mean) for figure in figures]
    known = {value for value in printed if value is not None}
    hidden = {
        figure.at_most for figure in figures if figure.at_most is not None
    }
    alone = sum(value is not None for value in printed) + len(hidden) < 2

    def mark(value: float | None) -> Mark:
        if value is None or alone or max(hidden, default=value) > value:
            return Mark.NONE
        greater = sum(other > value for other in known)
        if greater == 0:
            return Mark.BEST
        return Mark.SECOND if second and greater == 1 else Mark.NONE

    return [
        Cell(figure, mark(value))
        for figure, value in zip(figures, printed, strict=True)
    ]


def ranked_columns(rows: Iterable[Sequence[Figure]]) -> list[tuple[Cell, ...]]:
    """Marks the best and second best of every column; takes and gives rows."""
    columns = [ranked(column) for column in zip(*rows, strict=True)]
    return list(zip(*columns, strict=True))


def _printed(mean: float | None) -> float | None:
    return None if mean is None else round(mean, 2)
