"""The table over all seeds, and the progress of runs."""

import csv
import io
import json
import math
import statistics
from pathlib import Path

import pytest
from rich.console import Console

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import DetectionReport
from fer_yolo_mamba.evaluation.report import ClassResult
from fer_yolo_mamba.files import json_text
from fer_yolo_mamba.studies.runs import list_runs
from fer_yolo_mamba.studies.summary import (
    ProgressTable,
    RunStatus,
    State,
    figures_of,
    summarize,
    summary_csv,
    summary_markdown,
)


def done(mean_ap):
    return RunStatus(
        State.DONE,
        figures={'mean_ap': mean_ap, 'avg_f1': 0.5, 'ap Sad': math.nan},
    )


@pytest.fixture
def summary():
    """a: three runs of which one failed; b: one run; c: none done."""
    runs = [
        *list_runs(['a.py'], [0, 1, 2], Path('w')),
        *list_runs(['b.py', 'c.py'], [5], Path('w')),
    ]
    failed = RunStatus(State.FAILED, 'no memory')
    statuses = [done(0.1), failed, done(0.4), done(0.25), RunStatus()]
    return summarize(dict(zip(runs, statuses, strict=True)))


def test_csv(summary):
    rows = list(csv.DictReader(io.StringIO(summary_csv(summary))))
    assert [
        (row['config'], row['seeds'], row['state'], row['runs']) for row in rows
    ] == [
        ('a', '0 2', 'done', '2'),
        ('a', '1', 'failed', '0'),
        ('b', '5', 'done', '1'),
        ('c', '5', 'waiting', '0'),
    ]
    assert float(rows[0]['mean_ap_mean']) == pytest.approx(0.25)
    assert float(rows[0]['mean_ap_std']) == pytest.approx(
        statistics.stdev([0.1, 0.4])
    )
    assert rows[0]['ap_Sad_mean'] == 'nan'
    assert (rows[2]['mean_ap_mean'], rows[2]['mean_ap_std']) == ('0.25', '')
    assert rows[1]['mean_ap_mean'] == rows[3]['mean_ap_mean'] == ''


def test_markdown(summary):
    lines = summary_markdown(summary).splitlines()
    cells = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in lines
        if line.startswith('|')
    ]
    assert cells[0][4:] == ['mean_ap %', 'avg_f1', 'ap Sad %']
    assert cells[2][4:] == ['25.00 ± 21.21', '0.500 ± 0.000', '–']
    assert cells[3][2:] == ['failed', '0', '', '', '']
    assert cells[4][4] == '25.00'
    assert lines[-1] == 'a, seed 1: failed: no memory'


def test_figures_of_the_first_evaluator_count():
    happy = ClassResult(0.25, 0.25, 0.125, 9, 9, 'Happy', 0.5, 9)
    sad = ClassResult(*[math.nan] * 3, 0, 0, 'Sad', math.nan, 0)
    other = ClassResult(0.1, 0.1, 0.1, 9, 9, 'Happy', 0.1, 9)
    reports = {
        'fer': DetectionReport((happy, sad), 0.5, 0.5),
        'strict': DetectionReport((other,), 0.75, 0.5),
    }
    # As a file has them, with null for NaN.
    read = {k: json.loads(json_text(r.to_dict())) for k, r in reports.items()}
    assert figures_of(read) == pytest.approx(
        {'mean_ap': 0.5, 'avg_f1': 0.125, 'ap Happy': 0.5, 'ap Sad': math.nan},
        nan_ok=True,
    )


def test_a_test_without_a_report_is_an_error():
    with pytest.raises(InputError, match='FERMetric'):
        figures_of({})


RUNS = list_runs(['a.py'], [0, 1], Path('w'))
TRAINED = RunStatus(State.DONE, figures={'mean_ap': 0.25, 'avg_f1': 0.5})


def shown(terminal):
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=60)
    with ProgressTable(RUNS, console) as table:
        table.update(RUNS[0], RunStatus(State.TRAINING, 'epoch 1/2'))
        table.update(RUNS[0], RunStatus(State.TRAINING, 'epoch 1/2'))
        table.update(RUNS[0], TRAINED)
        table.update(RUNS[1], RunStatus(State.FAILED, 'a [b] ' + 60 * 'c'))
    assert table.statuses[RUNS[0]] is TRAINED
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
