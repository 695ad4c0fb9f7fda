"""The benchmark of evaluations, on a few images."""

from fer_yolo_mamba.studies.benchmark.evaluations import (
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


def test_memory_is_that_of_the_detections():
    images, detections = 300, 200
    peak = metric_memory(images, detections)
    # Six numbers of eight bytes each; a picture has 307,200 bytes.
    assert images * detections * 48 < peak < images * 307_200
