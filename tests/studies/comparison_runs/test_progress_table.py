"""The progress of runs on a terminal and in a pipe."""

import io
from pathlib import Path

from rich.console import Console

from fer_yolo_mamba.studies.comparison_runs import RunStatus, State, list_runs
from fer_yolo_mamba.studies.comparison_runs.progress_table import ProgressTable

RUNS = list_runs(['a.py'], [0, 1], Path('w'))
DONE = RunStatus(State.DONE, figures={'mean_ap': 0.25, 'avg_f1': 0.5})


def shown(terminal):
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=60)
    with ProgressTable(RUNS, console) as table:
        table.update(RUNS[0], RunStatus(State.TRAINING, 'epoch 1/2'))
        table.update(RUNS[0], RunStatus(State.TRAINING, 'epoch 1/2'))
        table.update(RUNS[0], DONE)
        table.update(RUNS[1], RunStatus(State.FAILED, 'a [b] ' + 60 * 'c'))
    assert table.statuses[RUNS[0]] is DONE
    return file.getvalue()


def test_a_pipe_gets_a_line_for_each_change():
    assert shown(terminal=False).splitlines() == [
        'a seed 0: training epoch 1/2',
        'a seed 0: done, mean_ap % 25.00, avg_f1 0.500',
        'a seed 1: failed: a [b] ' + 60 * 'c',
    ]


def test_a_terminal_shows_one_table_that_changes():
    final = shown(terminal=True).rsplit('config', 1)[1]
    assert '25.00' in final and '0.500' in final
    assert 'training' not in final
    assert 'failed: a [b]' in final
