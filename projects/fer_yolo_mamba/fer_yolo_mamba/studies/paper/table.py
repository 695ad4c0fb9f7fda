"""A table before it is written in one format or another."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from .figure import Figure


class Mark(Enum):
    """How a figure stands among those that it is compared with."""

    NONE = auto()
    BEST = auto()
    SECOND = auto()


@dataclass(frozen=True)
class Cell:
    """A figure of a table.

    Attributes:
        figure: The number; None where a table of this kind has none.
        mark: Its rank.
    """

    figure: Figure | None
    mark: Mark = Mark.NONE

    def __str__(self) -> str:
        return '' if self.figure is None else str(self.figure)


@dataclass(frozen=True)
class Table:
    """A table of the paper.

    Attributes:
        name: Stem of its files.
        number: As the paper numbers it.
        title: One line.
        header: Names of the columns, those of the labels first.
        labels: Labels of each row.
        cells: Figures of each row, for the remaining columns.
    """

    name: str
    number: str
    title: str
    header: tuple[str, ...]
    labels: Sequence[Sequence[str]]
    cells: Sequence[Sequence[Cell]]


def interleaved(blocks: Sequence[Sequence]) -> list:
    """The first row of every block, then the second of every block, ..."""
    return [row for rows in zip(*blocks, strict=True) for row in rows]
