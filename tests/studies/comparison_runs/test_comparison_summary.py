"""The table over all seeds."""

import csv
import io
import math
import statistics
from pathlib import Path

import pytest

from fer_yolo_mamba.errors import InputError
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
    assert float(rows[0]['mAP_mean']) == pytest.approx(0.25)
    assert float(rows[0]['mAP_std']) == pytest.approx(
        statistics.stdev([0.1, 0.4])
    )
    assert rows[0]['AP_Sad_mean'] == 'nan'
    assert (rows[2]['mAP_mean'], rows[2]['mAP_std']) == ('0.25', '')
    assert rows[1]['mAP_mean'] == rows[3]['mAP_mean'] == ''


def test_markdown(summary):
    lines = summary.to_markdown().splitlines()
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
