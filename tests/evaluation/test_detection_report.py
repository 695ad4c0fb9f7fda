"""The report: golden values of the paper's script, means and tables."""

import csv
import io
import json
import re
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from record_cases import record, report_of

from fer_yolo_mamba.evaluation import DetectionReport
from fer_yolo_mamba.files import json_text

GOLDEN = Path(__file__).parents[1] / 'data' / 'detection_metric.json'


@pytest.fixture(scope='module')
def golden():
    return json.loads(GOLDEN.read_text())


def test_golden_values_to_the_printed_digits(golden):
    records = [record(i['det'], i['gt']) for i in golden['images']]
    report = report_of(records, golden['classes'])
    printed = {
        c.name: {
            'AP': round(100 * c.ap, 2),
            'F1': round(c.f1, 2),
            'Recall': round(100 * c.recall, 2),
            'Precision': round(100 * c.precision, 2),
        }
        for c in report.classes
    }
    assert printed == golden['expected']['per_class']
    assert round(100 * report.mean_ap, 4) == golden['expected']['mAP']

    backwards = report_of(records[::-1], golden['classes'])
    assert backwards == report


FACE = (10, 10, 29, 39)
#: Two classes found, one missed, one not in the data at all.
RECORDS = [
    record([(*FACE, 0.9, 0), (*FACE, 0.8, 1)], [(*FACE, 0)]),
    record([(*FACE, 0.4, 1)], [(*FACE, 1)]),
    record([], [(*FACE, 2)]),
    record([(*FACE, 0.6, 3)], []),
]
NAMES = ('Anger', 'Happy', 'Sad', 'Fear')


def test_figures_of_each_class():
    report = report_of(RECORDS, NAMES)
    anger, happy, sad, fear = report.classes
    assert (anger.ap, anger.precision, anger.recall, anger.f1) == (1, 1, 1, 1)
    # found, but below the threshold, and a better-scored mistake above it
    assert (happy.ap, happy.precision, happy.recall, happy.f1) == (0.5, 0, 0, 0)
    assert (happy.num_ground_truths, happy.num_detections) == (1, 1)
    assert (sad.ap, sad.precision, sad.recall, sad.f1) == (0, 0, 0, 0)
    assert isnan(fear.ap) and isnan(fear.f1)
    assert fear.num_detections == 1


def test_means_leave_absent_classes_out():
    report = report_of(RECORDS, NAMES)
    assert report.absent_classes == ('Fear',)
    assert report.mean_ap == pytest.approx((1 + 0.5 + 0) / 3)
    assert report.avg_f1 == pytest.approx(1 / 3)
    assert report.avg_precision == pytest.approx(1 / 3)
    assert report.avg_recall == pytest.approx(1 / 3)


@pytest.mark.parametrize('records', [[], [record()], [RECORDS[3]]])
def test_without_any_ground_truth_all_is_nan(records):
    report = report_of(records, NAMES)
    assert report.absent_classes == NAMES
    assert all(isnan(value) for value in report.to_metrics().values())
    assert 'nan' in str(report)


def test_a_perfect_detector_of_one_class():
    report = report_of([RECORDS[0]] * 3, ('Anger',))
    assert set(report.to_metrics().values()) == {1.0}


def test_thresholds_are_used():
    stricter = report_of(RECORDS, NAMES, score_thr=0.95)
    assert stricter.classes[0].num_detections == 0
    looser = report_of(RECORDS, NAMES, score_thr=0.4)
    assert looser.classes[1].recall == 1


def test_views_of_the_report_agree():
    report = report_of(RECORDS, NAMES, score_thr=0.4)
    metrics, rows = report.to_metrics(), report.rows()
    flat = dict(ap='AP', precision='precision', recall='recall', f1='F1')
    for row in rows[:3]:
        assert {f: row[f] for f in flat} == {
            f: metrics[f'{name}/{row["class"]}'] for f, name in flat.items()
        }
    assert rows[-1] == {
        'class': 'average',
        'ap': metrics['mAP'],
        'precision': metrics['avg_precision'],
        'recall': metrics['avg_recall'],
        'f1': metrics['avg_F1'],
        'num_ground_truths': 3,
        'num_detections': 4,
        'num_true_positives': 2,
    }
    assert len(metrics) == 4 * len(NAMES) + 5
    assert all(type(value) is float for value in metrics.values())

    plain = json.loads(json.dumps(report.to_dict()))
    assert plain['classes']['Happy']['recall'] == metrics['recall/Happy']
    assert plain['avg_f1'] == metrics['avg_F1']
    assert (plain['iou_thr'], plain['score_thr']) == (0.5, 0.4)
    # NaN is null in a file.
    read = DetectionReport.from_dict(json.loads(json_text(report.to_dict())))
    np.testing.assert_equal(read.to_dict(), report.to_dict())

    text = io.StringIO()
    csv.DictWriter(text, rows[0]).writerows(rows)
    assert len(text.getvalue().splitlines()) == len(NAMES) + 1


def test_the_table():
    report = report_of(RECORDS[:3], NAMES[:3])
    header, line, *rows, faces, conditions = str(report).splitlines()
    assert re.split('  +', header) == [
        *('class', 'ap %', 'precision %', 'recall %', 'f1'),
        *('num_ground_truths', 'num_detections', 'num_true_positives'),
    ]
    assert [row.split() for row in rows] == [
        ['Anger', '100.00', '100.00', '100.00', '1.00', '1', '1', '1'],
        ['Happy', '50.00', '0.00', '0.00', '0.00', '1', '1', '0'],
        ['Sad', '0.00', '0.00', '0.00', '0.00', '1', '0', '0'],
        ['average', '50.00', '33.33', '33.33', '0.33', '3', '2', '1'],
    ]
    # Names flush left, numbers flush right.
    assert {len(row) for row in (header, line, *rows)} == {len(line)}
    assert not any(row.startswith(' ') for row in rows)
    assert faces == 'All faces as one class: ap 55.56 %'
    assert conditions == (
        'IoU >= 0.5; all but ap and num_ground_truths at score >= 0.5'
    )
