"""Figures of random data beside those of torchmetrics.

torchmetrics sees detections as scores that are right or wrong; a face that
nothing found is a right answer below all scores. (Its metric for boxes is
pycocotools itself, see test_coco_average_precision.py.)
"""

import numpy as np
import pytest
import torch
from record_cases import matched_of, record, report_of
from torchmetrics.functional.classification import (
    binary_calibration_error,
    binary_f1_score,
    binary_precision,
    binary_precision_recall_curve,
    binary_recall,
)

from fer_yolo_mamba.evaluation.curves import Reliability

NOT_FOUND = 0.0
FACE = (10.0, 10.0, 49.0, 59.0)
BESIDE = (100.0, 100.0, 120.0, 130.0)


def tied(rng):
    return rng.integers(1, 21) / 20


def distinct(rng):
    return rng.uniform(0.01, 1)


def random_test(seed, draw_score):
    """Images with a face or none, detections on it and beside it.

    Returns:
        The records; the score of every detection and of every face that was
        not found; whether something is there.
    """
    rng = np.random.default_rng(seed)
    records, scores, right = [], [], []
    for _ in range(200):
        is_there = rng.random() < 0.8
        found = [(*BESIDE, draw_score(rng), 0) for _ in range(rng.integers(3))]
        answers = [(row[4], False) for row in found]
        if is_there and rng.random() < 0.7:
            found.append((*FACE, draw_score(rng), 0))
            answers.append((found[-1][4], True))
        elif is_there:
            answers.append((NOT_FOUND, True))
        records.append(record(found, [(*FACE, 0)] if is_there else []))
        scores += [score for score, _ in answers]
        right += [int(is_right) for _, is_right in answers]
    return records, torch.tensor(scores), torch.tensor(right)


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('threshold', [0.05, 0.5, 0.75, 1.0])
def test_precision_recall_and_f1(seed, threshold):
    records, scores, right = random_test(seed, tied)
    (found,) = report_of(records, ['face'], score_thr=threshold).classes
    for figure, value in (
        (binary_precision, found.precision),
        (binary_recall, found.recall),
        (binary_f1_score, found.f1),
    ):
        # Scores count above its threshold, ours count from it.
        expected = figure(scores, right, threshold=threshold - 1e-6)
        assert value == pytest.approx(expected.item(), abs=1e-6)


@pytest.mark.parametrize('seed', range(5))
def test_average_precision_is_the_area_below_the_best_precision(seed):
    # Of equal scores every detection is a point of ours, all one point there.
    records, scores, right = random_test(seed, distinct)
    precision, recall, thresholds = binary_precision_recall_curve(scores, right)
    reached = torch.cat([thresholds > NOT_FOUND, torch.tensor([True])])
    # The recall falls, so the best precision from here on lies behind.
    best = precision[reached].cummax(0).values
    area = -(recall[reached].diff() * best[:-1]).sum()
    (found,) = report_of(records, ['face']).classes
    assert found.ap == pytest.approx(area.item(), abs=1e-6)


@pytest.mark.parametrize('seed', range(5))
def test_calibration_error(seed):
    records, scores, right = random_test(seed, distinct)
    is_detection = scores != NOT_FOUND
    expected = binary_calibration_error(
        scores[is_detection], right[is_detection], n_bins=10
    )
    matched = matched_of(records, ['face'])
    assert Reliability.of(matched).ece == pytest.approx(
        expected.item(), abs=1e-6
    )
