"""Groups of faces: what each is held to account for, and the gaps."""

import json
from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from generated_records import (
    NAMES,
    drawn_predictions,
    drawn_records,
    report_of,
)

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import (
    ImageRecord,
    MatchedClasses,
    Predictions,
)
from fer_yolo_mamba.evaluation.significance import (
    Estimate,
    GroupComparison,
    Intervals,
)
from fer_yolo_mamba.evaluation.significance.groups import predictions_of_group
from fer_yolo_mamba.files import json_text

HERE = (0, 0, 19, 19)
THERE = (50, 50, 69, 69)
NOWHERE = (80, 0, 99, 19)


def figures(*found):
    """Figures for the face HERE, an Anger, beside a Happy one THERE."""
    record = ImageRecord(
        np.array([box for box, _ in found], float).reshape(-1, 4),
        np.full(len(found), 0.9),
        np.array([NAMES.index(name) for _, name in found], int),
        np.array([HERE, THERE], float),
        np.array([0, 1]),
        np.zeros(2, bool),
    )
    test = Predictions(NAMES, (record,))
    own = predictions_of_group(test, [np.array([True, False])])
    return report_of(own.images).classes


@pytest.mark.parametrize(
    ('found', 'precision', 'recall'),
    [
        ([(HERE, 'Anger')], 1, 1),
        # right or wrong, what is said of the other face is not theirs
        ([(HERE, 'Anger'), (THERE, 'Happy')], 1, 1),
        ([(HERE, 'Anger'), (THERE, 'Anger')], 1, 1),
        ([(THERE, 'Anger')], 0, 0),
        # what is found where no face is counts against every group shown
        ([(HERE, 'Anger'), (NOWHERE, 'Anger')], 0.5, 1),
        ([(HERE, 'Anger'), (HERE, 'Anger')], 0.5, 1),
    ],
)
def test_a_group_answers_for_its_own_faces(found, precision, recall):
    anger, happy, _ = figures(*found)
    assert (anger.precision, anger.recall) == (precision, recall)
    assert happy.num_ground_truths == happy.num_detections == 0


def test_a_mistake_on_a_face_is_false_in_its_group():
    anger, happy, _ = figures((HERE, 'Happy'))
    assert (anger.recall, happy.num_detections) == (0, 1)


def test_images_without_the_group_have_nothing_in_them():
    records = drawn_records(0)
    nobody = [np.zeros(len(r.gt_labels), bool) for r in records]
    test = Predictions(NAMES, tuple(records))
    for record in predictions_of_group(test, nobody).images:
        assert len(record.scores) == len(record.gt_labels) == 0
    everybody = [~mask for mask in nobody]
    whole = predictions_of_group(test, everybody).images
    shown = [r for r in records if len(r.gt_labels)]
    assert report_of(whole) == report_of(shown)


@pytest.fixture
def predictions():
    return drawn_predictions(1, num_images=80, ignored=0)


def groups_by(predictions, group_of):
    """A group for each face, from its number among all faces and label."""
    groups, number = [], 0
    for record in predictions.images:
        groups.append([])
        for label in record.gt_labels.tolist():
            groups[-1].append(group_of(number, NAMES[label]))
            number += 1
    return groups


def compared(predictions, groups, **options):
    options = dict(min_faces=5, resamples=100) | options
    return GroupComparison.of(predictions, 'gender', groups, **options)


def test_figures_are_the_metric_on_each_group(predictions):
    groups = groups_by(predictions, lambda n, _: ('f', 'm', 'm')[n % 3])
    comparison = compared(predictions, groups)
    assert [group.name for group in comparison.groups] == ['m', 'f']
    for group in comparison.groups:
        members = [
            np.array([g == group.name for g in image], bool) for image in groups
        ]
        report = report_of(predictions_of_group(predictions, members).images)
        assert group.figures['mean_ap'].value == pytest.approx(report.mean_ap)
        assert group.figures['avg_f1'].value == pytest.approx(report.avg_f1)
        assert group.num_faces == sum(i.count(group.name) for i in groups)
        assert group.num_images == sum(group.name in i for i in groups)
    (m, f), gap = comparison.groups, comparison.gaps['mean_ap']
    values = {g.name: g.figures['mean_ap'].value for g in (m, f)}
    assert gap.difference.value == values[gap.best] - values[gap.worst] >= 0
    assert gap.difference.low < gap.difference.high
    json.loads(json_text(comparison.to_dict()), parse_constant=pytest.fail)


def test_a_detector_that_fails_a_group_is_found_out(predictions):
    groups = groups_by(predictions, lambda n, _: 'fm'[n % 2])
    images = []
    for group_of, image in zip(groups, predictions.images, strict=True):
        # Right on men; on women always one class further.
        further = np.array([group == 'f' for group in group_of], int)
        said = replace(
            image,
            boxes=image.gt_boxes,
            labels=(image.gt_labels + further) % len(NAMES),
            scores=np.full(len(group_of), 0.9),
        )
        images.append(said)
    unfair = replace(predictions, images=tuple(images))
    for gap in compared(unfair, groups).gaps.values():
        assert (gap.best, gap.worst) == ('m', 'f')
        assert gap.difference == Estimate(1, 1, 1)


def test_means_run_over_the_classes_that_all_groups_have(predictions):
    groups = groups_by(
        predictions, lambda n, name: 'f' if n % 2 and name != 'Sad' else 'm'
    )
    comparison = compared(predictions, groups)
    assert comparison.shared_classes == ('Anger', 'Happy')
    assert 'ap Sad' not in comparison.gaps
    for group in comparison.groups:
        shared = [group.figures[f'ap {n}'].value for n in ('Anger', 'Happy')]
        assert group.figures['mean_ap'].value == pytest.approx(np.mean(shared))
    assert isnan(comparison.groups[1].figures['ap Sad'].value)


def test_small_groups_and_unknown_faces_are_counted(predictions):
    groups = groups_by(
        predictions,
        lambda n, _: {0: 'rare', 1: None, 2: None}.get(n, 'fm'[n % 2]),
    )
    comparison = compared(predictions, groups)
    assert comparison.left_out == {'rare': 1}
    assert comparison.num_unknown == 2
    assert {group.name for group in comparison.groups} == {'f', 'm'}


def test_faces_that_no_figure_counts_are_in_no_group(predictions):
    groups = groups_by(predictions, lambda n, _: 'fm'[n % 2])
    sizes = {g.name: g.num_faces for g in compared(predictions, groups).groups}
    ignored, unknown = changed_faces(predictions)
    for test in (ignored, unknown):
        now = compared(test, groups)
        assert {g.name: g.num_faces for g in now.groups} == {
            'f': sizes['f'] - 1,
            'm': sizes['m'],
        }


def changed_faces(predictions):
    """Two tests whose first face, of group f, is ignored or unknown."""
    at = next(i for i, r in enumerate(predictions.images) if len(r.gt_labels))
    first = predictions.images[at]
    mask = np.arange(len(first.gt_labels)) == 0
    for change in (
        dict(gt_ignored=mask),
        dict(gt_labels=np.where(mask, len(NAMES), first.gt_labels)),
    ):
        images = list(predictions.images)
        images[at] = replace(first, **change)
        yield replace(predictions, images=tuple(images))


def test_a_class_of_one_counted_face_is_in_every_resample(predictions):
    """Of two images alike but for the flag, only one bears the class."""
    record = next(r for r in predictions.images if r.gt_labels.tolist() == [2])
    others = [r for r in predictions.images if 2 not in r.gt_labels]
    images = (record, replace(record, gt_ignored=np.array([True])), *others)
    test = replace(predictions, images=images)
    groups = groups_by(test, lambda *_: 'f')
    (group,) = compared(test, groups).groups
    for figures in (
        group.figures,
        Intervals.of(MatchedClasses.of(test), resamples=100).figures,
    ):
        assert not isnan(figures['ap Sad'].low)


def test_one_group_alone_has_no_gap(predictions):
    groups = groups_by(predictions, lambda *_: 'f')
    assert compared(predictions, groups).gaps == {}


@pytest.mark.parametrize(
    ('group_of', 'min_faces', 'words'),
    [
        (lambda n, _: 'f', 1000, 'no group has 1000 faces'),
        (lambda n, _: None, 1, 'no group has 1 faces'),
        (lambda n, name: name, 1, 'no class that all groups'),
    ],
)
def test_nothing_to_compare(predictions, group_of, min_faces, words):
    groups = groups_by(predictions, group_of)
    with pytest.raises(InputError, match=words):
        compared(predictions, groups, min_faces=min_faces)
