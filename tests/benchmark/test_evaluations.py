"""The benchmark of evaluations, on a few images."""

import subprocess
import sys

from fer_yolo_mamba.benchmark.evaluations import (
    drawn_samples,
    metric_memory,
    run_metric,
    time_evaluations,
)


def test_samples_differ_in_their_detections_alone():
    first, second = (list(drawn_samples(5, 20, seed)) for seed in (0, 1))
    for one, other in zip(first, second, strict=True):
        truth, found = one['gt_instances'], one['pred_instances']
        assert truth['bboxes'].equal(other['gt_instances']['bboxes'])
        assert truth['labels'].equal(other['gt_instances']['labels'])
        assert found['bboxes'].shape == (20, 4)
        assert not found['bboxes'].equal(other['pred_instances']['bboxes'])


def test_some_detections_are_right():
    # Of seven classes by lot, the best is right in one of seven cases.
    assert 0 < run_metric(drawn_samples(30, 10))['fer/mAP'] < 0.5


def test_every_evaluation_is_timed():
    times = time_evaluations(10, 5, rounds=2, resamples=20)
    assert [len(series.values) for series in times.values()] == [2] * 4
    assert '20 paired resamples of two tests' in times


def test_memory_grows_with_the_detections():
    assert metric_memory(300, 200) > metric_memory(300, 2)


def test_nothing_to_measure(repository):
    tool = repository / 'tools/analysis/benchmark_evaluation.py'
    finished = subprocess.run(
        [sys.executable, '-W', 'ignore', tool, '--images', '0'],
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert '--images' in line
