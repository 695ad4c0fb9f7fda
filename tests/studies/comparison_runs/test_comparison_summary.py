"""The table over all seeds."""

import csv
import io
import json
import math
import statistics
from pathlib import Path

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import ClassResult, DetectionReport
from fer_yolo_mamba.files import json_text
from fer_yolo_mamba.studies.comparison_runs import (
    RunStatus,
    State,
    Summary,
    list_runs,
)
from fer_yolo_mamba.studies.comparison_runs.figures import figures_of


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
    return Summary.of(dict(zip(runs, statuses, strict=True)))


def test_csv(summary):
    rows = list(csv.DictReader(io.StringIO(summary.to_csv())))
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
    lines = summary.to_markdown().splitlines()
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
    counts = (9, 9, 9)
    happy = ClassResult('Happy', 0.5, 0.25, 0.25, 0.125, *counts)
    sad = ClassResult('Sad', *[math.nan] * 4, 0, 0, 0)
    other = ClassResult('Happy', 0.1, 0.1, 0.1, 0.1, *counts)
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
