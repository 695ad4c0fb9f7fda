"""Writes everything to a folder: tables, figures, and a page that shows all."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, groupby
from pathlib import Path

from ...errors import InputError
from ...evaluation.significance import AVERAGE_F1, MEAN_AP
from ...files import csv_text, write_atomically
from ...reports.page import markdown_table
from ...reports.significance import NONE, title, with_interval
from ...visualization import draw_complexity, figure_png, write_image
from .figures import draw_samples, read_complexity
from .sources import (
    DATA_SETS,
    FinishedRun,
    Number,
    find_finished_runs,
    source_of,
)
from .tables import Cell, Mark, PaperTable, complexity_table, make_tables

_SAMPLES = {'rafdb': ('fig_4', 'Fig. 4'), 'sfew': ('fig_5', 'Fig. 5')}

_ABOUT = """\
# The paper's tables, ours beside its own

Rows "paper" hold what the paper prints, rows "ours" the runs: mean ± sample
standard deviation where there are several seeds. The best figure of each source
is bold, the second best underlined. A dash is a run that is missing, or a
number of the paper that cannot be read with certainty."""

_ABOUT_RUNS = """\
In brackets: 95 % intervals from a bootstrap over the test images, as in the
report of each test."""

_MARKDOWN = {Mark.NONE: '{}', Mark.BEST: '**{}**', Mark.SECOND: '<u>{}</u>'}
_LATEX = {
    Mark.NONE: '{}',
    Mark.BEST: r'\textbf{{{}}}',
    Mark.SECOND: r'\underline{{{}}}',
}
# What LaTeX reads as commands, and what its fonts call by another name.
_LATEX_CHARACTERS = str.maketrans(
    {
        '\\': r'\textbackslash{}',
        **{character: f'\\{character}' for character in '{}$&#%_'},
        '^': r'\textasciicircum{}',
        '~': r'\textasciitilde{}',
        '–': '--',
        '±': r'$\pm$',
    }
)


def write_paper(runs_dir: Path, out: Path, complexity: Path) -> Path:
    """Writes Tables I to IV and Figs. 3 to 5 of the paper from runs.

    >>> write_paper(
    ...     Path('work_dirs/comparison'),
    ...     Path('outputs/paper'),
    ...     Path('projects/fer_yolo_mamba/results/complexity/complexity.json'),
    ... )
    PosixPath('outputs/paper/paper.md')

    Args:
        runs_dir: ``--work-dir`` of ``tools/compare.py run``. Runs are known
            by the names of their configs, such as ``yolox_s_rafdb``.
        out: Folder for ``paper.md``, which shows all of it, for
            ``table_1`` to ``table_4`` and ``fig_3`` as ``.tex`` and ``.csv``,
            and for ``fig_3.png`` to ``fig_5.png``.
        complexity: JSON of ``tools/analysis/get_flops.py``.

    Returns:
        The page.

    Raises:
        InputError: ``runs_dir``, a record in it, or ``complexity`` cannot be
            read, or ``out`` cannot be made.
    """
    runs = find_finished_runs(runs_dir)
    counts = read_complexity(complexity)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f'--out {out} cannot be made ({error.strerror}): name another '
            'folder.'
        ) from error
    tables = [*make_tables(source_of(runs)), complexity_table(counts)]
    for table in tables:
        write_atomically(out / f'{table.name}.tex', to_latex(table))
        write_atomically(out / f'{table.name}.csv', to_csv(table))

    write_atomically(out / 'fig_3.png', figure_png(draw_complexity(counts)))
    pictures = {'fig_3.png': 'Fig. 3. Parameters and operations of the methods'}
    faults = {}
    for ending, (name, number) in _SAMPLES.items():
        caption = f'{number}. Detections and heatmaps on {DATA_SETS[ending]}'
        config = f'fer_yolo_mamba_{ending}'
        picture_file = out / f'{name}.png'
        # One of an earlier call must not pass for this one's.
        picture_file.unlink(missing_ok=True)
        if config not in runs:
            faults[caption] = f'there is no finished run of {config}.'
            continue
        try:
            write_image(picture_file, draw_samples(runs[config][0]))
        except InputError as fault:
            faults[caption] = str(fault)
        else:
            pictures[picture_file.name] = caption

    paragraphs = [_ABOUT]
    for table in tables:
        paragraphs += [f'## {table.number}. {table.title}', to_markdown(table)]
    for name, caption in pictures.items():
        paragraphs += [f'## {caption}', f'![{caption}]({name})']
    for caption, reason in faults.items():
        paragraphs += [f'## {caption}', f'Missing: {reason}']
    paragraphs.append('## Runs')
    paragraphs += (
        [_ABOUT_RUNS, _run_table(runs)] if runs else ['None is finished.']
    )
    page = out / 'paper.md'
    write_atomically(page, '\n\n'.join(paragraphs) + '\n')
    return page


def to_markdown(table: PaperTable) -> str:
    """Best numbers bold, second best underlined; no final newline."""
    return markdown_table(
        table.header,
        [
            [*labels, *(_MARKDOWN[cell.mark].format(cell) for cell in cells)]
            for labels, cells in table.rows
        ],
    )


def to_latex(table: PaperTable) -> str:
    """A floating table; a line parts the rows of different first labels."""

    def row(cells: Iterable[str]) -> str:
        return ' & '.join(cells) + r' \\'

    def latex_cell(cell: Cell) -> str:
        return _LATEX[cell.mark].format(latex_text(str(cell)))

    bodies = [
        '\n'.join(
            row([*map(latex_text, labels), *map(latex_cell, cells)])
            for labels, cells in rows
        )
        for _, rows in groupby(table.rows, key=lambda row: row[0][0])
    ]
    labels, cells = table.rows[0]
    return '\n'.join(
        [
            '% needs \\usepackage{booktabs}',
            r'\begin{table*}',
            r'\centering',
            f'\\caption{{{latex_text(table.title)}}}',
            f'\\begin{{tabular}}{{{"l" * len(labels)}{"r" * len(cells)}}}',
            r'\toprule',
            row(map(latex_text, table.header)),
            r'\midrule',
            '\n\\midrule\n'.join(bodies),
            r'\bottomrule',
            r'\end{tabular}',
            r'\end{table*}',
            '',
        ]
    )


def latex_text(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    >>> print(latex_text('mAP (%) of Avg_F1'))
    mAP (\%) of Avg\_F1
    """
    return text.translate(_LATEX_CHARACTERS)


def to_csv(table: PaperTable) -> str:
    """Mean and standard deviation of every number in columns of their own.

    What is missing is empty; nothing is rounded or marked.
    """
    labelled = len(table.rows[0][0])
    columns = [
        f'{name}{ending}'
        for name in table.header[labelled:]
        for ending in ('', ' std')
    ]
    rows = [[*table.header[:labelled], *columns]]
    for labels, cells in table.rows:
        numbers = [cell.number or Number() for cell in cells]
        values = [value for n in numbers for value in (n.mean, n.std)]
        rows.append([*labels, *values])
    return csv_text(rows)


def _run_table(runs: Mapping[str, Sequence[FinishedRun]]) -> str:
    """What the figures may owe to chance, or to something else."""
    shown = (MEAN_AP, AVERAGE_F1)
    rows = []
    for run in chain.from_iterable(runs.values()):
        known, record = run.intervals(), run.record
        figures = [
            with_interval(figure, known[figure]) if figure in known else NONE
            for figure in shown
        ]
        options = ' '.join(record.options)
        rest = (record.epochs, options, record.device, record.finished)
        rows.append((run.name, record.seed, *figures, *rest))
    return markdown_table(
        (
            *('config', 'seed', *map(title, shown)),
            *('epochs', 'options', 'device', 'finished'),
        ),
        rows,
    )
