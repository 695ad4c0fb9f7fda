"""Table IV: every class by YOLOX and by FER-YOLO-Mamba."""

from ...expressions import EXPRESSIONS
from .published import published, published_data
from .ranking import ranked
from .source import AVERAGE, DATA_SETS, Source
from .table import Cell, Table

_RIVALS = ('yolox_s', 'fer_yolo_mamba')
_COLUMNS = {
    'F1': 'F1',
    'Recall (%)': 'recall',
    'Precision (%)': 'precision',
    'mAP (%)': 'AP',
}


def class_table(ours: Source) -> Table:
    """F1, recall, precision of both methods; the better one marked.

    Args:
        ours: Figures of the runs.
    """
    sources = (published('table_4'), ours)
    labels, cells = [], []
    for ending, data_set in DATA_SETS.items():
        for name in (*EXPRESSIONS, AVERAGE):
            for source in sources:
                labels.append((data_set, name.capitalize(), source.name))
                cells.append(_duel(source, ending, name))
    names = [published_data()['methods'][rival][0] for rival in _RIVALS]
    return Table(
        'table_4',
        'Table IV',
        'The classes by YOLOvX and by FER-YOLO-Mamba',
        (
            'Dataset',
            'Class',
            'Source',
            *(f'{name} {column}' for name in names for column in _COLUMNS),
        ),
        labels,
        cells,
    )


def _duel(source: Source, ending: str, name: str) -> list[Cell]:
    """A row: all columns of one method, then those of the other."""
    marked = []
    for kind in _COLUMNS.values():
        if kind == 'AP' and name != AVERAGE:  # mAP is of all classes
            marked.append([Cell(None)] * len(_RIVALS))
            continue
        figures = [
            figure
            for rival in _RIVALS
            for figure in source.row(f'{rival}_{ending}', [(name, kind)])
        ]
        marked.append(ranked(figures, second=False))
    return [cell for cells in zip(*marked, strict=True) for cell in cells]
