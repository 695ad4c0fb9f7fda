"""A plot of a training run, read from what it wrote."""

import json
import math
from pathlib import Path

from matplotlib.figure import Figure

from ..errors import InputError
from ..inputs import MOST_TEXT, read_bounded, read_table

# What a line of a log raises that is none.
_NO_ENTRY = (
    ArithmeticError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_RUN_FIGURES = {'ap': 'mAP', 'f1': 'Avg_F1'}


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

    last_step = max(steps)
    unit = 'epoch' if 'epoch' in steps[last_step] else 'iteration'
    iterations = _an_epoch(steps) if unit == 'epoch' else 1
    epochs = [step / iterations for step in steps]
    names = [name for name in steps[last_step] if name.startswith('loss')]
    # No line can be seen of one entry.
    marker = 'o' if len(steps) == 1 else None
    for name in names:
        values = [entry.get(name) for entry in steps.values()]
        losses.plot(epochs, values, marker=marker, label=name)
    losses.set(xlabel=unit, ylabel='training loss', ylim=(0, None))
    losses.legend()

    rows = _averages(Path(work_dir) / 'metrics.csv')
    for column, label in _RUN_FIGURES.items():
        metrics.plot(
            [row['epoch'] for row in rows],
            [row[column] for row in rows],
            marker='o',
            label=label,
        )
    metrics.set(xlabel=unit, ylabel='validation', ylim=(0, 1))
    metrics.legend()
    return figure


def _training_steps(work_dir: Path) -> dict[int, dict[str, float]]:
    """The logged losses by step; a resumed part replaces what it repeats."""
    steps = {}
    for path in sorted(work_dir.glob('*/vis_data/scalars.json')):
        lines = read_bounded(path, MOST_TEXT).splitlines()
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
                if 'loss' in entry:
                    kept = {
                        name: float(entry[name])
                        for name in entry
                        if name.startswith('loss')
                    }
                    if 'epoch' in entry:
                        kept['epoch'] = _from_one(entry['epoch'])
                    steps[_from_one(entry['step'])] = kept
            except _NO_ENTRY as fault:
                # The last one is cut short where a training was killed.
                if number < len(lines):
                    raise InputError(
                        f'{path} is no log of a training (line {number}): move '
                        'its folder away.'
                    ) from fault
    return dict(sorted(steps.items()))


def _an_epoch(steps: dict[int, dict[str, float]]) -> float:
    """Iterations of an epoch: each logs for the first time at the same one."""
    firsts = {}
    for step, entry in steps.items():
        if 'epoch' in entry:
            firsts.setdefault(entry['epoch'], step)
    begin, end = min(firsts), max(firsts)
    if begin == end:  # which is taken for a whole one
        return max(steps) / end
    return (firsts[end] - firsts[begin]) / (end - begin)


def _from_one(number: float) -> int:
    if not 1 <= number < math.inf:
        raise ValueError(f'{number} is no step or epoch')
    return int(number)


def _averages(path: Path) -> list[dict[str, float]]:
    """Epoch and figures of every validation in a ``metrics.csv``."""
    if not path.exists():
        return []
    try:
        return [
            {
                'epoch': int(row['epoch']),
                **{name: float(row[name]) for name in _RUN_FIGURES},
            }
            for row in read_table(path, ('split', 'class'), 'move it away')
            if row['split'] == 'val' and row['class'] == 'average'
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f'{path} is no table of metrics: move it away.'
        ) from error
