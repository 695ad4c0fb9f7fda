"""What must hold for the figures of any images."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from record_cases import record, records, report_of

from fer_yolo_mamba.evaluation import FERMetric
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.studies.benchmark.evaluations import drawn_samples

NAMES = ('a', 'b', 'c')
FIGURES = ('ap', 'precision', 'recall', 'f1')


def report(images, names=NAMES):
    return report_of(images, names)


def values(some_report):
    """Figures and counts of each class; NaN equals NaN here."""
    return [
        [repr(value) for value in vars(result).values()]
        for result in some_report.classes
    ]


def rearranged(one, order):
    """The same image, its detections listed in another order."""
    return replace(
        one,
        boxes=one.boxes[order],
        scores=one.scores[order],
        labels=one.labels[order],
    )


@settings(max_examples=100, deadline=None)
@given(records, st.randoms())
def test_neither_images_nor_equal_scores_have_an_order(images, random):
    expected = values(report(images))
    moved = []
    for one in random.sample(images, len(images)):
        order = list(range(len(one.scores)))
        random.shuffle(order)
        moved.append(rearranged(one, np.array(order, int)))
    assert values(report(moved)) == expected


@settings(max_examples=100, deadline=None)
@given(records)
def test_detections_said_twice_find_no_more(images):
    """A face once found stays found, and what is left is wrong."""
    # Apart from each other, each box has but one face to take.
    apart = [
        replace(
            one,
            gt_boxes=one.gt_boxes[:1],
            gt_labels=one.gt_labels[:1],
            gt_ignored=one.gt_ignored[:1],
        )
        for one in images
    ]
    twice = [
        rearranged(one, np.repeat(np.arange(len(one.scores)), 2))
        for one in apart
    ]
    for once, doubled in zip(
        report(apart).classes, report(twice).classes, strict=True
    ):
        assert doubled.num_true_positives == once.num_true_positives
        if once.num_ground_truths:
            assert doubled.recall == once.recall
            assert doubled.ap <= once.ap
            assert doubled.f1 <= once.f1


@settings(max_examples=50, deadline=None)
@given(records)
def test_a_class_is_judged_by_itself(images):
    """The other classes' boxes are without effect on its figures."""
    together = report(images)
    for label, name in enumerate(NAMES):
        alone = [
            replace(
                rearranged(one, one.labels == label),
                gt_boxes=one.gt_boxes[one.gt_labels == label],
                gt_labels=one.gt_labels[one.gt_labels == label],
                gt_ignored=one.gt_ignored[one.gt_labels == label],
            )
            for one in images
        ]
        assert values(report(alone))[label] == values(together)[label]
        assert together.classes[label].name == name


@settings(max_examples=50, deadline=None)
@given(records)
def test_figures_are_shares(images):
    for result in report(images).classes:
        for figure in FIGURES:
            value = getattr(result, figure)
            assert np.isnan(value) == (not result.num_ground_truths)
            assert np.isnan(value) or 0 <= value <= 1


@settings(max_examples=50, deadline=None)
@given(records)
def test_the_ground_truth_itself_scores_one(images):
    perfect = []
    for one in images:
        # Of two equal boxes the first one would be found twice.
        faces = np.column_stack([one.gt_boxes, one.gt_labels])
        faces = np.unique(faces, axis=0)
        found = np.insert(faces, 4, 0.9, axis=1)
        perfect.append(record(found, faces))
    for result in report(perfect).classes:
        if result.num_ground_truths:
            assert [getattr(result, f) for f in FIGURES] == [1, 1, 1, 1]


@pytest.mark.parametrize('detections', [0, 10, 100])
def test_pictures_are_not_kept(detections):
    metric = FERMetric()
    metric.dataset_meta = {'classes': EXPRESSIONS}
    (sample,) = drawn_samples(1, detections)
    metric.process({}, [{**sample, 'inputs': torch.zeros(3, 320, 320)}])
    # Six numbers a detection and two faces; a picture has 307,200.
    assert len(pickle.dumps(metric.results)) < 48 * detections + 2000
