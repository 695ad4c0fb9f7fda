"""All tables and figures on one page."""

from collections.abc import Mapping, Sequence

from ...evaluation.significance import AVERAGE_F1, MEAN_AP
from ...reports.page import markdown_table
from ...reports.significance import NONE, title, with_interval
from .finished_runs import FinishedRun
from .markdown import to_markdown
from .table import Table

_ABOUT = """\
# The paper's tables, ours beside its own

Rows "paper" hold what the paper prints, rows "ours" the runs: mean ± sample
standard deviation where there are several seeds. The best figure of each source
is bold, the second best underlined. A dash is a run that is missing, or a
number of the paper that cannot be read with certainty."""

_ABOUT_RUNS = """\
In brackets: 95 % intervals from a bootstrap over the test images, as in the
report of each test."""


def to_page(
    tables: Sequence[Table],
    pictures: Mapping[str, str],
    faults: Mapping[str, str],
    runs: Mapping[str, Sequence[FinishedRun]],
) -> str:
    """Lays out the Markdown page.

    Args:
        tables: In their order.
        pictures: Titles by the name of the file beside the page.
        faults: Why there is no picture, by title.
        runs: What the tables' own figures come from.
    """
    parts = [_ABOUT]
    for table in tables:
        parts += [f'## {table.number}. {table.title}', to_markdown(table)]
    for name, caption in pictures.items():
        parts += [f'## {caption}', f'![{caption}]({name})']
    for caption, reason in faults.items():
        parts += [f'## {caption}', f'Missing: {reason}']
    parts.append('## Runs')
    parts += [_ABOUT_RUNS, _run_table(runs)] if runs else ['None is finished.']
    return '\n\n'.join(parts) + '\n'


def _run_table(runs: Mapping[str, Sequence[FinishedRun]]) -> str:
    """What the figures may owe to chance, or to something else."""
    shown = (MEAN_AP, AVERAGE_F1)
    return markdown_table(
        (
            'config',
            'seed',
            *map(title, shown),
            'epochs',
            'options',
            'device',
            'finished',
        ),
        [
            (
                name,
                str(run.record.seed),
                *_with_intervals(run, shown),
                str(run.record.epochs),
                ' '.join(run.record.options),
                str(run.record.device),
                str(run.record.finished),
            )
            for name, of_config in runs.items()
            for run in of_config
        ],
    )


def _with_intervals(run: FinishedRun, shown: Sequence[str]) -> list[str]:
    known = run.intervals()
    return [
        with_interval(name, known[name]) if name in known else NONE
        for name in shown
    ]
