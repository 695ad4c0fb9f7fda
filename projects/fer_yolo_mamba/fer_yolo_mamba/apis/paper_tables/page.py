"""All tables and figures on one page."""

from collections.abc import Mapping, Sequence

from ..markdown_table import markdown_table
from .finished_runs import FinishedRun
from .markdown import to_markdown
from .table import Table

_ABOUT = """\
# The paper's tables, ours beside its own

Rows "paper" hold what the paper prints, rows "ours" the runs: mean ± sample
standard deviation where there are several seeds. The best figure of each source
is bold, the second best underlined. A dash is a run that is missing, or a
number of the paper that cannot be read with certainty."""


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
    for name, title in pictures.items():
        parts += [f'## {title}', f'![{title}]({name})']
    for title, reason in faults.items():
        parts += [f'## {title}', f'Missing: {reason}']
    parts += ['## Runs', _run_table(runs) if runs else 'None is finished.']
    return '\n\n'.join(parts) + '\n'


def _run_table(runs: Mapping[str, Sequence[FinishedRun]]) -> str:
    """What the figures may owe to something else than their config."""
    return markdown_table(
        ('config', 'seed', 'epochs', 'options', 'device', 'finished'),
        [
            (
                name,
                str(run.record.seed),
                str(run.record.epochs),
                ' '.join(run.record.options),
                str(run.record.device),
                str(run.record.finished),
            )
            for name, of_config in runs.items()
            for run in of_config
        ],
    )
