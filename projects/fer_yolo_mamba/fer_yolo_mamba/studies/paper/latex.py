"""A table as LaTeX, for the package booktabs."""

from itertools import groupby

from .table import Cell, Mark, Table

# What LaTeX reads as commands, and what its fonts call by another name.
_WRITTEN = str.maketrans(
    {
        '\\': r'\textbackslash{}',
        '{': r'\{',
        '}': r'\}',
        '$': r'\$',
        '&': r'\&',
        '#': r'\#',
        '%': r'\%',
        '_': r'\_',
        '^': r'\textasciicircum{}',
        '~': r'\textasciitilde{}',
        '–': '--',
        '±': r'$\pm$',
    }
)
_COMMANDS = {Mark.BEST: 'textbf', Mark.SECOND: 'underline'}


def escape(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    >>> print(escape('mAP (%) of Avg_F1'))
    mAP (\%) of Avg\_F1
    """
    return text.translate(_WRITTEN)


def to_latex(table: Table) -> str:
    """A floating table; a line parts the rows of different first labels."""
    labelled = len(table.labels[0])
    figures = len(table.header) - labelled
    groups = groupby(
        zip(table.labels, table.cells, strict=True),
        key=lambda row: row[0][0],
    )
    bodies = [
        '\n'.join(
            _row([*map(escape, labels), *map(_cell, cells)])
            for labels, cells in rows
        )
        for _, rows in groups
    ]
    return '\n'.join(
        [
            '% needs \\usepackage{booktabs}',
            r'\begin{table*}',
            r'\centering',
            f'\\caption{{{escape(table.title)}}}',
            f'\\begin{{tabular}}{{{"l" * labelled}{"r" * figures}}}',
            r'\toprule',
            _row(map(escape, table.header)),
            r'\midrule',
            '\n\\midrule\n'.join(bodies),
            r'\bottomrule',
            r'\end{tabular}',
            r'\end{table*}',
            '',
        ]
    )


def _row(cells) -> str:
    return ' & '.join(cells) + r' \\'


def _cell(cell: Cell) -> str:
    text = escape(str(cell))
    command = _COMMANDS.get(cell.mark)
    return f'\\{command}{{{text}}}' if command else text
