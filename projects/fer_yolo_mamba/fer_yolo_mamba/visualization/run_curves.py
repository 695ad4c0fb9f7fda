"""Loss and metrics of a training run, as curves."""

import csv
import json
from pathlib import Path

from matplotlib.figure import Figure

from ..errors import InputError

# Columns of the row of averages, and what the paper calls them.
_FIGURES = {'ap': 'mAP', 'f1': 'Avg_F1'}


def plot_run(work_dir: str | Path) -> Figure:
    """Draws the losses of a run over its epochs, and its validations.

    Args:
        work_dir: Folder of a run of ``tools/train.py``, resumed or not.

    Returns:
        A figure with two axes: losses, and mAP with Avg_F1.

    Raises:
        InputError: The folder holds no run.
    """
    steps = _training_steps(Path(work_dir))
    if not steps:
        raise InputError(
            f'{work_dir} holds no training log: name the folder of a run of '
            'tools/train.py.'
        )
    figure = Figure(figsize=(9, 3.6), layout='constrained')
    losses, metrics = figure.subplots(1, 2)

    # The step counts iterations; the last one of an epoch tells their number.
    last_step, last_epoch = max(
        (entry['step'], entry['epoch']) for entry in steps.values()
    )
    epochs = [step * last_epoch / last_step for step in steps]
    names = [name for name in steps[last_step] if name.startswith('loss')]
    for name in names:
        losses.plot(
            epochs, [entry.get(name) for entry in steps.values()], label=name
        )
    losses.set(xlabel='epoch', ylabel='training loss', ylim=(0, None))
    losses.legend()

    rows = _averages(Path(work_dir) / 'metrics.csv')
    for column, label in _FIGURES.items():
        metrics.plot(
            [int(row['epoch']) for row in rows],
            [float(row[column]) for row in rows],
            marker='o',
            label=label,
        )
    metrics.set(xlabel='epoch', ylabel='validation', ylim=(0, 1))
    metrics.legend()
    return figure


def _training_steps(work_dir: Path) -> dict[int, dict]:
    """The logged losses by step; a resumed part replaces what it repeats."""
    steps = {}
    for path in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for line in path.read_text(encoding='utf-8').splitlines():
            entry = json.loads(line)
            if 'loss' in entry:
                steps[entry['step']] = entry
    return dict(sorted(steps.items()))


def _averages(path: Path) -> list[dict]:
    if not path.exists():
        return []
    with path.open(newline='', encoding='utf-8') as file:
        return [
            row
            for row in csv.DictReader(file)
            if row['split'] == 'val' and row['class'] == 'average'
        ]
