"""Counted images against the metric itself on images written out."""

import numpy as np
import pytest
from generated_records import drawn_records, matched_of, report_of
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_yolo_mamba.evaluation import ImageRecord
from fer_yolo_mamba.evaluation.significance import (
    StratifiedBootstrap,
    WeightedReport,
)


def figures_of(report):
    """What the metric says, by the names of the weighted report."""
    return {
        'mean_ap': report.mean_ap,
        'avg_f1': report.avg_f1,
        **{f'ap {c.name}': c.ap for c in report.classes},
    }


@pytest.mark.parametrize('seed', range(10))
def test_each_image_once_is_the_metric_exactly(seed):
    records = drawn_records(seed)
    expected = report_of(records)
    weighted = WeightedReport.of(matched_of(records))
    once = np.ones((1, len(records)), np.int64)
    for result, one_class in zip(
        expected.classes, weighted.classes, strict=True
    ):
        assert one_class.average_precision(once).tolist() == [result.ap]
        assert one_class.f1(once).tolist() == [result.f1]
        assert one_class.num_objects == result.num_ground_truths
    # The report adds up the classes with extra digits.
    assert weighted.observed() == pytest.approx(
        figures_of(expected), rel=1e-15, abs=0
    )


def test_resamples_are_the_metric_on_images_written_out():
    records = drawn_records(seed=3, num_images=60)
    weighted = WeightedReport.of(matched_of(records))
    bootstrap = StratifiedBootstrap.of_images(
        matched_of(records), resamples=200, seed=5
    )
    counts = np.concatenate(list(bootstrap.counts()))
    assert len(np.unique(counts, axis=0)) == 200
    (figures,) = bootstrap.figures([weighted])
    for row, count in enumerate(counts):
        drawn = [records[i] for i in np.repeat(np.arange(60), count)]
        expected = figures_of(report_of(drawn))
        for name, value in expected.items():
            assert abs(figures[name][row] - value) < 1e-12


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 1000),
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
def test_any_counts_even_such_that_a_class_vanishes(seed, count):
    records = drawn_records(seed, num_images=5)
    drawn = [records[i] for i in np.repeat(np.arange(5), count)]
    expected = figures_of(report_of(drawn))
    weighted = WeightedReport.of(matched_of(records))
    figures = weighted.figures(np.array([count]))
    for name, value in expected.items():
        assert figures[name][0] == pytest.approx(value, abs=1e-12, nan_ok=True)


def test_means_over_some_classes():
    weighted = WeightedReport.of(matched_of(drawn_records(0)))
    figures = weighted.observed(averaged=('Happy', 'Sad'))
    chosen = [figures['ap Happy'], figures['ap Sad']]
    assert figures['mean_ap'] == pytest.approx(np.mean(chosen))
    assert figures['ap Anger'] == weighted.observed()['ap Anger']


FACE = (0, 0, 19, 19)
BESIDE = (50, 50, 69, 69)


@pytest.mark.parametrize(
    ('found', 'faces', 'right'),
    [
        ([(FACE, 0.9, 0)], [(FACE, 0)], True),
        # the threshold itself counts, less does not
        ([(FACE, 0.5, 0)], [(FACE, 0)], True),
        ([(FACE, 0.49, 0)], [(FACE, 0)], False),
        # another class, alone or in addition; twice; beside the face
        ([(FACE, 0.9, 1)], [(FACE, 0)], False),
        ([(FACE, 0.9, 0), (FACE, 0.6, 1)], [(FACE, 0)], False),
        ([(FACE, 0.9, 0), (FACE, 0.6, 0)], [(FACE, 0)], False),
        ([(FACE, 0.9, 0), (BESIDE, 0.6, 0)], [(FACE, 0)], False),
        ([(FACE, 0.9, 0), (BESIDE, 0.4, 0)], [(FACE, 0)], True),
        # two faces
        ([(FACE, 0.9, 0)], [(FACE, 0), (BESIDE, 1)], False),
        ([(BESIDE, 0.9, 1), (FACE, 0.9, 0)], [(FACE, 0), (BESIDE, 1)], True),
        # none
        ([], [], True),
        ([(BESIDE, 0.4, 0)], [], True),
        ([(BESIDE, 0.6, 0)], [], False),
    ],
)
def test_images_right_as_a_whole(found, faces, right):
    record = ImageRecord(
        np.array([box for box, _, _ in found], float).reshape(-1, 4),
        np.array([score for _, score, _ in found], float),
        np.array([label for _, _, label in found], int),
        np.array([box for box, _ in faces], float).reshape(-1, 4),
        np.array([label for _, label in faces], int),
        np.zeros(len(faces), bool),
    )
    weighted = WeightedReport.of(matched_of([record]))
    assert weighted.images_right().tolist() == [right]


def test_an_ignored_face_neither_has_to_be_found_nor_may_not():
    records = [
        ImageRecord(
            np.array([FACE] * n, float).reshape(-1, 4),
            np.full(n, 0.9),
            np.zeros(n, int),
            np.array([FACE], float),
            np.array([0]),
            np.array([True]),
        )
        for n in (0, 1)
    ]
    weighted = WeightedReport.of(matched_of(records))
    assert weighted.images_right().all()
