"""Tables I and II: AP of every method."""

from ...expressions import EXPRESSIONS
from .published import published, published_data
from .ranking import ranked_columns
from .source import AVERAGE, DATA_SETS, Source
from .table import Table, interleaved

_NAMES = {'rafdb': ('table_1', 'Table I'), 'sfew': ('table_2', 'Table II')}


def method_table(data_set: str, ours: Source) -> Table:
    """AP of every class and mAP, best and second best of each column marked.

    Args:
        data_set: ``rafdb`` or ``sfew``.
        ours: Figures of the runs.
    """
    name, number = _NAMES[data_set]
    methods = published_data()['methods']
    keys = [(expression, 'AP') for expression in (*EXPRESSIONS, AVERAGE)]
    sources = (published(name), ours)
    cells = [
        ranked_columns(
            source.row(f'{method}_{data_set}', keys) for method in methods
        )
        for source in sources
    ]
    return Table(
        name,
        number,
        f'AP of the methods on {DATA_SETS[data_set]}, in percent',
        ('Method', 'Year', 'Source', *EXPRESSIONS, 'mAP'),
        [
            (label, str(year), source.name)
            for label, year in methods.values()
            for source in sources
        ],
        interleaved(cells),
    )
