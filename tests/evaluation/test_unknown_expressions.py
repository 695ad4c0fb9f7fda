"""Faces whose expression is not known, in every figure of a test."""

import json
from math import isnan

import numpy as np
import pytest
from record_cases import matched_of, predictions, record, report_of

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import (
    CocoAveragePrecision,
    DetectionAnalysis,
    DetectionReport,
    FERMetric,
    Predictions,
)

NAMES = ('Happy', 'Sad')
UNKNOWN = len(NAMES)
LEFT, RIGHT, ASIDE = (0, 0, 39, 39), (60, 0, 99, 39), (0, 60, 39, 99)

#: A happy face that is found, and an unknown one that is called sad and, with
#: more confidence, happy.
ONE = record(
    [(*LEFT, 0.8, 0), (*RIGHT, 0.9, 0), (*RIGHT, 0.7, 1)],
    [(*LEFT, 0), (*RIGHT, UNKNOWN)],
)
#: A sad face that is found, and an unknown one that is not.
OTHER = record([(*LEFT, 0.6, 1)], [(*LEFT, 1), (*RIGHT, UNKNOWN)])


def test_they_are_neither_found_nor_missed_nor_mistaken_in_a_class():
    report = report_of([ONE, OTHER], NAMES)
    assert [c.ap for c in report.classes] == [1, 1]
    assert [c.precision for c in report.classes] == [1, 1]
    assert [c.recall for c in report.classes] == [1, 1]
    assert [c.num_ground_truths for c in report.classes] == [1, 1]
    assert [c.num_detections for c in report.classes] == [1, 1]


def test_detections_beside_them_are_false():
    beside = record([(*ASIDE, 0.9, 0)], [(*RIGHT, UNKNOWN)])
    report = report_of([ONE, beside], NAMES)
    assert report.classes[0].precision == 0.5
    assert report.classes[0].ap == 0.5


def test_face_ap_counts_all_faces_by_the_scores_of_all_detections():
    # 0.9 right, 0.8 right, 0.7 again the same face, 0.6 right, one missed.
    report = report_of([ONE, OTHER], NAMES)
    assert report.face_ap == pytest.approx((1 + 1 + 3 / 4) / 4)
    assert report.to_metrics()['face_AP'] == report.face_ap
    assert report_of([OTHER], NAMES).face_ap == 0.5


def test_face_ap_without_them_leaves_the_class_aside():
    wrong_name = record([(*LEFT, 0.9, 1)], [(*LEFT, 0)])
    report = report_of([wrong_name], NAMES)
    assert report.mean_ap == 0
    assert report.face_ap == 1
    ignored = record([(*LEFT, 0.9, 1)], [(*LEFT, 0)], ignored=[0])
    assert isnan(report_of([ignored], NAMES).face_ap)


def test_with_nothing_else_the_classes_have_no_figures():
    alone = record([(*RIGHT, 0.7, 1)], [(*RIGHT, UNKNOWN)])
    report = report_of([alone], NAMES)
    assert report.absent_classes == NAMES
    assert isnan(report.mean_ap)
    assert report.face_ap == 1
    assert 'All faces as one class: ap 100.00 %' in str(report)
    assert DetectionReport.from_dict(report.to_dict()).face_ap == 1


def test_the_analysis_leaves_them_out():
    analysis = DetectionAnalysis.of(matched_of([ONE, OTHER], NAMES))
    assert analysis.confusion.counts.tolist() == [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 0],
    ]
    assert analysis.mistakes == ()
    assert analysis.reliability.counts.sum() == 2
    assert analysis.common_threshold.f1 == 1


def test_coco_leaves_them_out():
    coco = CocoAveragePrecision.of(matched_of([ONE, OTHER], NAMES))
    np.testing.assert_allclose(coco.ap50_95, 1)


def test_they_come_back_from_a_file(tmp_path):
    path = tmp_path / 'predictions.json'
    written = predictions([ONE, OTHER], NAMES)
    written.write(path)
    truth = json.loads(path.read_text())['images'][0]['ground_truth']
    assert [face['label'] for face in truth] == ['Happy', None]
    read = Predictions.read(path)
    assert [r.gt_labels.tolist() for r in read.images] == [[0, 2], [1, 2]]
    assert read.class_names == NAMES


def test_the_metric_takes_their_label_from_the_ground_truth_alone():
    def sample(found, label):
        boxes = np.array([LEFT], float)
        labels = np.array([found])
        return dict(
            pred_instances=dict(
                bboxes=boxes, labels=labels, scores=np.array([0.9])
            ),
            gt_instances=dict(bboxes=boxes, labels=np.array([label])),
        )

    metric = FERMetric()
    metric.dataset_meta = dict(classes=NAMES)
    metric.process({}, [sample(0, UNKNOWN)])
    assert metric.evaluate(1)['fer/face_AP'] == 1
    for found, label in ((UNKNOWN, 0), (0, UNKNOWN + 1)):
        with pytest.raises(InputError, match='outside'):
            metric.process({}, [sample(found, label)])
