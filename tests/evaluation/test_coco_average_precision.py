"""pycocotools' own figures, and ours turned into its protocol."""

from functools import partial

import numpy as np
import pytest
from record_cases import golden_predictions, matched_of, record, report_of

from fer_yolo_mamba.evaluation import (
    CocoAveragePrecision,
    interpolated_precision,
)
from fer_yolo_mamba.evaluation.coco_average_precision import coco_evaluation

FACE = (10, 10, 30, 40)
#: Overlaps FACE by 18 of 20 parts: IoU 0.9.
CLOSE = (10, 10, 28, 40)


def measure(images, num_classes):
    matched = matched_of(images, range(num_classes))
    return CocoAveragePrecision.of(matched)


@pytest.mark.parametrize(
    'image, expected',
    [
        (record([(*FACE, 0.9, 0)], [(*FACE, 0)]), (1, 1, 1)),
        # 0.5, 0.55 … 0.85 and, rounding upwards, 0.9; not 0.95.
        (record([(*CLOSE, 0.9, 0)], [(*FACE, 0)]), (0.9, 1, 1)),
        (record([], [(*FACE, 0)]), (0, 0, 0)),
        (record([(*FACE, 0.9, 0)]), (np.nan, np.nan, np.nan)),
        (record(), (np.nan, np.nan, np.nan)),
        # A crowd takes what lies in it and is not missed.
        (
            record(
                [(*FACE, 0.9, 0), (100, 0, 110, 10, 0.95, 0)],
                [(*FACE, 0), (100, 0, 110, 10, 0)],
                ignored=[1],
            ),
            (1, 1, 1),
        ),
    ],
)
def test_by_hand(image, expected):
    coco = measure([image], 1)
    found = (coco.ap50_95[0], coco.ap50[0], coco.ap75[0])
    assert found == pytest.approx(expected, nan_ok=True)
    assert coco.means() == pytest.approx(expected, nan_ok=True)


def test_means_leave_absent_classes_out():
    coco = measure([record([(*FACE, 0.9, 0)], [(*FACE, 0), (*FACE, 2)])], 3)
    assert np.isnan(coco.ap50_95[1])
    assert coco.means() == pytest.approx((0.5, 0.5, 0.5))


def one_pixel_larger(one):
    """Boxes whose plain IoU is our IoU, which counts both ends."""
    grow = np.array([0, 0, 1, 1])
    return record(
        np.column_stack([one.boxes + grow, one.scores, one.labels]),
        np.column_stack([one.gt_boxes + grow, one.gt_labels]),
    )


def random_images(seed, count=60):
    """Distinct scores, so that the order of equal ones plays no part."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        corners = rng.uniform(0, 200, (rng.integers(0, 4), 2))
        size = rng.uniform(20, 90, corners.shape)
        faces = np.hstack([corners, corners + size])
        labels = rng.integers(0, 3, len(faces))
        found = np.repeat(faces, 4, axis=0)
        found = found + rng.normal(0, 6, found.shape)
        yield record(
            np.column_stack(
                [
                    found,
                    rng.random(len(found)),
                    (np.repeat(labels, 4) + (rng.random(len(found)) < 0.2)) % 3,
                ]
            ),
            np.column_stack([faces, labels]),
        )


def golden_images():
    golden = golden_predictions()
    rng = np.random.default_rng(0)
    for one in golden.images:
        scores = one.scores + rng.uniform(0, 1e-9, one.scores.shape)
        yield record(
            np.column_stack([one.boxes, scores, one.labels]),
            np.column_stack([one.gt_boxes, one.gt_labels]),
        )


@pytest.mark.parametrize('score_thr', [0.0, 0.5])
@pytest.mark.parametrize(
    'images',
    [partial(random_images, 0), partial(random_images, 1), golden_images],
)
def test_our_matching_read_at_101_recalls_is_pycocotools_ap50(
    images, score_thr
):
    kept = []
    for one in images():
        high = one.scores >= score_thr
        kept.append(
            record(
                np.column_stack([one.boxes, one.scores, one.labels])[high],
                np.column_stack([one.gt_boxes, one.gt_labels]),
            )
        )
    num_classes = 1 + max(one.gt_labels.max(initial=0) for one in kept)
    coco = measure(list(map(one_pixel_larger, kept)), num_classes)
    matched = matched_of(kept, range(num_classes))
    assert sum(m.true_positive.sum() for m in matched.matches) > 10
    for matches, ap50 in zip(matched.matches, coco.ap50, strict=True):
        precision = np.append(interpolated_precision(matches), 0)
        recall = np.arange(1, len(precision)) / matches.num_ground_truths
        first = np.searchsorted(recall, np.linspace(0, 1, 101))
        assert precision[first].mean() == pytest.approx(ap50, abs=1e-6)


def test_precision_recall_and_f1_are_those_of_pycocotools_matches():
    images = list(random_images(2))
    report = report_of(images, range(3), score_thr=0.0)
    larger = matched_of(list(map(one_pixel_larger, images)), range(3))
    for label, result in enumerate(report.classes):
        evaluation = coco_evaluation(
            larger.detections.where(larger.detections.labels == label),
            larger.ground_truths.where(larger.ground_truths.labels == label),
        )
        verdicts = [image for image in evaluation.evalImgs if image]
        right = sum((v['dtMatches'][0] > 0).sum() for v in verdicts)
        detections = sum(len(v['dtIds']) for v in verdicts)
        faces = sum(len(v['gtIds']) for v in verdicts)
        assert result.precision == pytest.approx(right / detections)
        assert result.recall == pytest.approx(right / faces)
        assert result.f1 == pytest.approx(2 * right / (detections + faces))
