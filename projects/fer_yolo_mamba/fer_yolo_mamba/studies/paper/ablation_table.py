"""Table III: parts of the block left out."""

from .published import published, published_data
from .ranking import ranked_columns
from .source import AVERAGE, DATA_SETS, Source
from .table import Table, interleaved

_COLUMNS = {
    'Avg_F1': 'F1',
    'Avg_Recall (%)': 'recall',
    'Avg_Precision (%)': 'precision',
    'mAP (%)': 'AP',
}


def ablation_table(ours: Source) -> Table:
    """Averages of every ablation; marks are given within each data set.

    Args:
        ours: Figures of the runs.
    """
    ablations = published_data()['ablations']
    keys = [(AVERAGE, kind) for kind in _COLUMNS.values()]
    sources = (published('table_3'), ours)
    labels, cells = [], []
    for ending, data_set in DATA_SETS.items():
        blocks = [
            ranked_columns(
                source.row(f'{stem}_{ending}', keys) for stem in ablations
            )
            for source in sources
        ]
        cells += interleaved(blocks)
        labels += [
            (data_set, parts, source.name)
            for parts in ablations.values()
            for source in sources
        ]
    return Table(
        'table_3',
        'Table III',
        'FER-YOLO-Mamba with parts of its block',
        ('Dataset', 'Block', 'Source', *_COLUMNS),
        labels,
        cells,
    )
