"""The paper's tables, a row of ours below each of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from ...expressions import EXPRESSIONS
from .sources import (
    AVERAGE,
    DATA_SETS,
    Key,
    Number,
    Source,
    published,
    published_data,
)

# Columns of Tables III and IV; Table III prints the averages.
_KINDS = {
    'F1': 'F1',
    'Recall (%)': 'recall',
    'Precision (%)': 'precision',
    'mAP (%)': 'AP',
}
_RIVALS = ('yolox_s', 'fer_yolo_mamba')  # of Table IV


class Mark(Enum):
    """How a number stands among those that it is compared with."""

    NONE = auto()
    BEST = auto()
    SECOND = auto()


@dataclass(frozen=True)
class Cell:
    """A number of a table.

    Attributes:
        number: None where a table of this kind has none.
        mark: Its rank.
    """

    number: Number | None
    mark: Mark = Mark.NONE

    def __str__(self) -> str:
        return '' if self.number is None else str(self.number)


@dataclass(frozen=True)
class PaperTable:
    """A table before it is written in one format or another.

    Attributes:
        name: Stem of its files.
        number: As the paper numbers it.
        title: One line.
        header: Names of the columns, those of the labels first.
        rows: Labels, and cells for the remaining columns.
    """

    name: str
    number: str
    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[Sequence[str], Sequence[Cell]]]


def make_tables(ours: Source) -> list[PaperTable]:
    """Tables I to IV, with the numbers of our runs."""
    return [
        _method_table('table_1', 'Table I', 'rafdb', ours),
        _method_table('table_2', 'Table II', 'sfew', ours),
        _ablation_table(ours),
        _class_table(ours),
    ]


def _method_table(
    name: str, number: str, ending: str, ours: Source
) -> PaperTable:
    """AP of every class and mAP, marked within each column."""
    return PaperTable(
        name,
        number,
        f'AP of the methods on {DATA_SETS[ending]}, in percent',
        ('Method', 'Year', 'Source', *EXPRESSIONS, 'mAP'),
        _ranked_rows(
            {
                f'{method}_{ending}': (label, str(year))
                for method, (label, year) in published_data()['methods'].items()
            },
            [(expression, 'AP') for expression in (*EXPRESSIONS, AVERAGE)],
            (published(name), ours),
        ),
    )


def _ablation_table(ours: Source) -> PaperTable:
    """Averages of every ablation, marked within each data set."""
    return PaperTable(
        'table_3',
        'Table III',
        'FER-YOLO-Mamba with parts of its block',
        (
            *('Dataset', 'Block', 'Source'),
            *('Avg_F1', 'Avg_Recall (%)', 'Avg_Precision (%)', 'mAP (%)'),
        ),
        [
            row
            for ending, data_set in DATA_SETS.items()
            for row in _ranked_rows(
                {
                    f'{stem}_{ending}': (data_set, parts)
                    for stem, parts in published_data()['ablations'].items()
                },
                [(AVERAGE, kind) for kind in _KINDS.values()],
                (published('table_3'), ours),
            )
        ],
    )


def _class_table(ours: Source) -> PaperTable:
    """F1, recall, precision of both methods; the better one marked."""
    names = [published_data()['methods'][rival][0] for rival in _RIVALS]
    return PaperTable(
        'table_4',
        'Table IV',
        f'The classes by {" and by ".join(names)}',
        (
            *('Dataset', 'Class', 'Source'),
            *(f'{name} {column}' for name in names for column in _KINDS),
        ),
        [
            (
                (data_set, name.capitalize(), source.name),
                _duel(source, ending, name),
            )
            for ending, data_set in DATA_SETS.items()
            for name in (*EXPRESSIONS, AVERAGE)
            for source in (published('table_4'), ours)
        ],
    )


def _duel(source: Source, ending: str, name: str) -> list[Cell]:
    """A row: all columns of one method, then those of the other."""
    columns = []
    for kind in _KINDS.values():
        if kind == 'AP' and name != AVERAGE:  # mAP is of all classes
            columns.append([Cell(None)] * len(_RIVALS))
            continue
        numbers = [
            number
            for rival in _RIVALS
            for number in source.row(f'{rival}_{ending}', [(name, kind)])
        ]
        columns.append(ranked(numbers, second=False))
    return [cell for cells in zip(*columns, strict=True) for cell in cells]


def complexity_table(counts: Mapping[str, tuple[float, float]]) -> PaperTable:
    """The numbers behind Fig. 3; the paper prints two methods' alone.

    Args:
        counts: As :func:`~.figures.read_complexity` returns them.
    """
    data = published_data()
    ours = {
        method: (parameters / 1e6, flops / 1e9)
        for method, (parameters, flops) in counts.items()
    }
    return PaperTable(
        'fig_3',
        'Fig. 3 in numbers',
        'Parameters and operations, as thop counts them',
        ('Method', 'Source', 'Params (M)', 'FLOPs (G)'),
        [
            (
                (name, source),
                [Cell(Number(x)) for x in numbers.get(method, (None, None))],
            )
            for method, (name, _) in data['methods'].items()
            for source, numbers in (('paper', data['fig_3']), ('ours', ours))
        ],
    )


def _ranked_rows(
    labels: Mapping[str, tuple[str, ...]],
    keys: Sequence[Key],
    sources: Iterable[Source],
) -> list[tuple[tuple[str, ...], Sequence[Cell]]]:
    """A row a config of the labels and source, ranked within the source."""
    blocks = [
        [
            ((*label, source.name), cells)
            for label, cells in zip(
                labels.values(),
                ranked_columns(source.row(config, keys) for config in labels),
                strict=True,
            )
        ]
        for source in sources
    ]
    return [row for rows in zip(*blocks, strict=True) for row in rows]


def ranked_columns(rows: Iterable[Sequence[Number]]) -> list[tuple[Cell, ...]]:
    """Marks the best and second best of every column; takes and gives rows."""
    columns = [ranked(column) for column in zip(*rows, strict=True)]
    return list(zip(*columns, strict=True))


def ranked(numbers: Sequence[Number], second: bool = True) -> list[Cell]:
    """Marks the greatest number, and the next one.

    Numbers count as they are printed, so equal ones share a mark. One alone
    gets none, and none is given that is not certain: a number that the paper
    has but cannot be told may be as great as it can be.

    >>> [cell.mark.name for cell in ranked([Number(1.0), Number(2.0)])]
    ['SECOND', 'BEST']

    Args:
        numbers: Those that compete.
        second: Whether the second best is marked, too.
    """
    printed = [
        None if number.mean is None else round(number.mean, 2)
        for number in numbers
    ]
    known = {value for value in printed if value is not None}
    hidden = {
        number.at_most for number in numbers if number.at_most is not None
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
        Cell(number, mark(value))
        for number, value in zip(numbers, printed, strict=True)
    ]
