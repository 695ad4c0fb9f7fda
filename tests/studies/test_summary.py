"""The table over all seeds, and the progress of runs."""

import csv
import io
import math
import statistics
from pathlib import Path

import pytest
from rich.console import Console

from fer_yolo_mamba.errors import InputError
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
        figures={'mAP': mean_ap, 'Avg_F1': 0.5, 'AP Sad': math.nan},
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
    assert float(rows[0]['mAP_mean']) == pytest.approx(0.25)
    assert float(rows[0]['mAP_std']) == pytest.approx(
        statistics.stdev([0.1, 0.4])
    )
    assert rows[0]['AP_Sad_mean'] == 'nan'
    assert (rows[2]['mAP_mean'], rows[2]['mAP_std']) == ('0.25', '')
    assert rows[1]['mAP_mean'] == rows[3]['mAP_mean'] == ''


def test_markdown(summary):
    lines = summary_markdown(summary).splitlines()
    cells = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in lines
        if line.startswith('|')
    ]
    assert cells[0][4:] == ['mAP %', 'Avg_F1', 'AP Sad %']
    assert cells[2][4:] == ['25.00 ± 21.21', '0.500 ± 0.000', '–']
    assert cells[3][2:] == ['failed', '0', '', '', '']
    assert cells[4][4] == '25.00'
    assert lines[-1] == 'a, seed 1: failed: no memory'


def test_figures_of_the_first_evaluator_count():
    metrics = {
        'fer/AP/Happy': 0.5,
        'fer/AP/Sad': None,
        'fer/F1/Happy': 0.25,
        'fer/mAP': 0.5,
        'fer/avg_F1': 0.125,
        'strict/AP/Happy': 0.1,
        'strict/mAP': 0.1,
    }
    assert figures_of(metrics) == pytest.approx(
        {'mAP': 0.5, 'Avg_F1': 0.125, 'AP Happy': 0.5, 'AP Sad': math.nan},
        nan_ok=True,
    )


@pytest.mark.parametrize('metrics', [{}, {'coco/bbox_mAP': 0.5}])
def test_metrics_of_another_kind_are_an_error(metrics):
    with pytest.raises(InputError, match='FERMetric'):
        figures_of(metrics)


RUNS = list_runs(['a.py'], [0, 1], Path('w'))
TRAINED = RunStatus(State.DONE, figures={'mAP': 0.25, 'Avg_F1': 0.5})


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
        'a seed 0: done, mAP % 25.00, Avg_F1 0.500',
        'a seed 1: failed: a [b] ' + 60 * 'c',
    ]


def test_a_terminal_shows_one_table_that_changes():
    final = shown(terminal=True).rsplit('config', 1)[1]
    assert '25.00' in final and '0.500' in final
    assert 'training' not in final
    assert 'failed: a [b]' in final
