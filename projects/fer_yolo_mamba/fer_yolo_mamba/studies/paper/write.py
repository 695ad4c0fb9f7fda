"""Writes everything to a folder."""

from pathlib import Path

from ...errors import InputError
from ...files import write_atomically
from ...visualization import draw_complexity, figure_png, write_image
from .ablation_table import ablation_table
from .class_table import class_table
from .complexity_figure import complexity_table, read_complexity
from .csv_text import to_csv
from .finished_runs import find_finished_runs, source_of
from .latex import to_latex
from .method_table import method_table
from .page import to_page
from .samples_figure import draw_samples
from .source import DATA_SETS

_SAMPLES = {'rafdb': ('fig_4', 'Fig. 4'), 'sfew': ('fig_5', 'Fig. 5')}


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
    ours = source_of(runs)
    counts = read_complexity(complexity)
    _make(out)
    tables = [
        *(method_table(data_set, ours) for data_set in DATA_SETS),
        ablation_table(ours),
        class_table(ours),
        complexity_table(counts),
    ]
    for table in tables:
        write_atomically(out / f'{table.name}.tex', to_latex(table))
        write_atomically(out / f'{table.name}.csv', to_csv(table))

    write_atomically(out / 'fig_3.png', figure_png(draw_complexity(counts)))
    pictures = {'fig_3.png': 'Fig. 3. Parameters and operations of the methods'}
    faults = {}
    for ending, (name, number) in _SAMPLES.items():
        title = f'{number}. Detections and heatmaps on {DATA_SETS[ending]}'
        config = f'fer_yolo_mamba_{ending}'
        picture_file = out / f'{name}.png'
        # One of an earlier call must not pass for this one's.
        picture_file.unlink(missing_ok=True)
        if config not in runs:
            faults[title] = f'there is no finished run of {config}.'
            continue
        try:
            write_image(picture_file, draw_samples(runs[config][0]))
        except InputError as fault:
            faults[title] = str(fault)
        else:
            pictures[picture_file.name] = title
    page = out / 'paper.md'
    write_atomically(page, to_page(tables, pictures, faults, runs))
    return page


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f'--out {out} cannot be made ({error.strerror}): name another '
            'folder.'
        ) from error
