"""Calibration of the scores, by hand and for a calibrated detector."""

from math import isnan

import numpy as np
import pytest
from record_cases import matched_of, record

from fer_yolo_mamba.evaluation.curves import Reliability

FACE = (10, 10, 29, 39)
ELSEWHERE = (100, 10, 119, 39)


def reliability(images, **options):
    matched = matched_of(images, ('Happy', 'Sad'))
    return Reliability.of(matched, **options)


def test_bins_by_hand():
    found = [
        (*FACE, 0.96, 0),
        (*ELSEWHERE, 0.92, 0),
        (*ELSEWHERE, 0.2, 1),
        (*ELSEWHERE, 1.0, 0),
    ]
    result = reliability([record(found, [(*FACE, 0)])])
    assert result.counts.tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 3]
    assert result.mean_score[[2, 9]] == pytest.approx([0.2, 2.88 / 3])
    assert result.precision[[2, 9]] == pytest.approx([0, 1 / 3])
    assert np.isnan(result.precision[[0, 5]]).all()
    # |0 - 0.2| once and |1/3 - 0.96| three times
    assert result.ece == pytest.approx((0.2 + 3 * (0.96 - 1 / 3)) / 4)
    above = reliability([record(found, [(*FACE, 0)])], least_score=0.5)
    assert above.counts.sum() == 3
    assert above.ece == pytest.approx(0.96 - 1 / 3)


def test_a_calibrated_detector_has_no_error():
    right = record([(*FACE, 0.75, 0)], [(*FACE, 0)])
    wrong = record([(*FACE, 0.75, 0)], [])
    assert reliability([right, right, wrong, right]).ece == 0


@pytest.mark.parametrize(
    'image',
    [
        record(),
        record([], [(*FACE, 0)]),
        # What the table ignores has no say.
        record([(*FACE, 0.9, 0)], [(*FACE, 0)], ignored=[0]),
    ],
)
def test_without_detections_there_is_no_error_to_name(image):
    assert isnan(reliability([image]).ece)
