"""From readings in one size or more to faces."""

import numpy as np
import pytest

from fer_yolo_mamba.apis.readings import (
    Reading,
    calibrated,
    in_photograph,
    letterbox,
    merge_readings,
)
from fer_yolo_mamba.engine.description import InputSide

LEFT = (0.0, 0, 10, 10)
NEARLY_LEFT = (0.0, 0, 10, 12)
RIGHT = (20.0, 0, 30, 10)
CLASSES = 3


def reading(*detections, scale=1.0):
    """Of (box, score, label)."""
    boxes = np.float32([box for box, _, _ in detections]).reshape(-1, 4)
    scores = np.zeros((len(detections), CLASSES), np.float32)
    for row, (_, score, label) in zip(scores, detections, strict=True):
        row[label] = score
    return Reading(boxes, scores, scale)


NOTHING = reading()


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize(
    ('score_thr', 'labels'), [(0.3, [1, 0]), (0.5, [1]), (0.95, [])]
)
def test_a_face_gets_one_expression(score_thr, labels):
    found = reading((LEFT, 0.9, 1), (NEARLY_LEFT, 0.8, 2), (RIGHT, 0.4, 0))
    boxes, scores = merge_readings([found], score_thr)
    assert scores.argmax(1).tolist() == labels
    assert boxes.tolist() == [list(LEFT), list(RIGHT)][: len(labels)]


def test_the_other_expressions_keep_their_scores():
    found = reading((LEFT, 0.9, 1), (NEARLY_LEFT, 0.8, 2), (RIGHT, 0.4, 0))
    _, scores = merge_readings([found], 0.5)
    np.testing.assert_allclose(scores, [[0.0, 0.9, 0.8]], atol=1e-5)


@pytest.mark.parametrize('readings', [[NOTHING], [NOTHING, NOTHING]])
def test_no_face(readings):
    boxes, scores = merge_readings(readings, 0.5)
    assert boxes.shape == (0, 4)
    assert scores.shape == (0, 3)


@pytest.mark.parametrize('seen_in', [0, 1])
def test_what_one_size_alone_sees_is_doubted(seen_in):
    # So large that both sizes count alike.
    box = (0.0, 0, 96, 96 * np.sqrt(2))
    readings = [reading(scale=1.0), reading(scale=0.5)]
    readings[seen_in] = reading((box, 0.9, 1), scale=readings[seen_in].scale)
    boxes, scores = merge_readings(readings, 0.05)
    assert boxes.tolist() == [pytest.approx(box)]
    odds = np.sqrt(9 * 0.01 / 0.99)
    assert scores.argmax() == 1
    assert scores.max() == pytest.approx(odds / (1 + odds), rel=1e-4)


def test_a_face_that_is_too_small_for_a_size_is_doubted_less():
    def doubted(side):
        seen = reading(((0.0, 0, side, side), 0.9, 1))
        return merge_readings([seen, reading(scale=0.5)], 0.01)[1].max()

    assert doubted(120) < doubted(60) < doubted(30) < 0.9


def test_what_no_size_is_sure_of_is_none_the_surer():
    box = (0.0, 0, 96, 96)
    readings = [reading((box, 0.004, 1)), reading((box, 0.002, 1), scale=0.5)]
    _, scores = merge_readings(readings, 0.001)
    assert scores.max() == pytest.approx(0.004, rel=1e-4)


@pytest.mark.parametrize(('size', 'label'), [(1.5, 2), (2.0, 1)])
def test_the_largest_picture_finds_faces_and_does_not_name_them(size, label):
    box = (0.0, 0, 96, 96)
    large = reading((box, 0.9, 2))._replace(size=size)
    small = reading((box, 0.3, 1), scale=0.5)
    _, scores = merge_readings([large, small], 0.01)
    assert scores.argmax() == label
    # But where no other sees the face.
    _, scores = merge_readings([large, reading(scale=0.5)], 0.01)
    assert scores[0].tolist() == pytest.approx([0, 0, scores.max()], abs=1e-4)


def test_what_lies_between_two_faces_is_the_better_ones():
    between, other = (3.0, 0, 13, 10), (5.0, 0, 15, 10)
    found = reading((LEFT, 0.9, 1), (between, 0.8, 1), (other, 0.1, 1))
    boxes, _ = merge_readings([found], 0.2)
    assert boxes.tolist() == [list(LEFT)]


@pytest.mark.parametrize(
    ('part', 'score', 'number'),
    [
        ((2.0, 2, 5, 5), 0.8, 1),  # an eye, say
        ((8.0, 0, 18, 10), 0.8, 2),  # another face behind
        ((2.0, 2, 5, 5), 0.95, 2),  # a face in front of what is none
    ],
)
def test_what_lies_in_a_better_face_is_a_part_of_it(part, score, number):
    found = reading((LEFT, 0.9, 1), (part, score, 2))
    boxes, _ = merge_readings([found], 0.5)
    assert len(boxes) == number


@pytest.mark.parametrize('temperature', [0.5, 1, 2])
def test_a_temperature_keeps_order_and_the_middle(temperature):
    before = np.array([0.0, 0.1, 0.5, 0.8, 1.0])
    after = calibrated(before, temperature, 0)
    assert (np.diff(after) > 0).all()
    assert ((after >= 0) & (after <= 1)).all()
    assert after[2] == pytest.approx(0.5)


def test_a_high_temperature_is_less_certain():
    logits = np.array([-1.0, 3.0])
    np.testing.assert_allclose(
        calibrated(sigmoid(logits), 2, 0), sigmoid(logits / 2)
    )


def test_a_shift_raises_every_score():
    logits = np.array([-1.0, 3.0])
    np.testing.assert_allclose(
        calibrated(sigmoid(logits), 2, 0.5), sigmoid((logits + 0.5) / 2)
    )


def test_each_class_has_its_shift():
    logits = np.array([[-1.0, 3.0], [0.0, 0.0], [2.0, -2.0]])
    np.testing.assert_allclose(
        calibrated(sigmoid(logits), 2, (0.5, -1)),
        sigmoid(np.stack([logits[:, 0] + 0.5, logits[:, 1] - 1], 1) / 2),
    )


def test_one_shift_is_the_same_for_every_class_to_the_bit():
    scores = np.random.default_rng(0).random((100, 7), np.float32)
    # Written out, a number in single precision.
    logits = np.log(scores / (1 - scores))
    expected = 1 / (1 + np.exp(-(logits + 0.7) / 1.5))
    for shift in (0.7, (0.7,) * 7):
        after = calibrated(scores, 1.5, shift)
        assert after.dtype == np.float32
        assert (after == expected).all()


@pytest.mark.parametrize('shift', [0, (0.0,) * 7])
def test_nothing_is_changed_without_a_calibration(shift):
    scores = np.array([[0.0, 1e-9, 0.1, 0.5, 0.9, 1 - 1e-9, 1.0]])
    assert (calibrated(scores, 1.0, shift) == scores).all()


@pytest.mark.parametrize(
    ('height', 'label'),
    [(40, 1), (96, 1), (130, 1), (150, 2), (192, 2), (280, 2)],
)
def test_that_reading_counts_most_in_which_a_face_is_nearest_to_96_pixels(
    height, label
):
    box = (0.0, 0, height, height)
    readings = [
        Reading(np.float32([box]), np.float32([[0.1, 0.8, 0.6]]), 1.0),
        Reading(np.float32([box]), np.float32([[0.1, 0.6, 0.8]]), 0.5),
    ]
    for order in (readings, readings[::-1]):
        boxes, scores = merge_readings(order, 0.5)
        assert boxes.tolist() == [list(box)]
        assert scores.argmax(1).item() == label


def test_readings_that_count_alike_share_their_logits():
    box = (0.0, 0, 96, 96 * np.sqrt(2))
    readings = [
        Reading(np.float32([box]), np.float32([[0.5, 0.2]]), 1.0),
        Reading(np.float32([box]), np.float32([[0.9, 0.2]]), 0.5),
    ]
    _, scores = merge_readings(readings, 0.5)
    # Odds of 1 and 9 have a mean of 3.
    np.testing.assert_allclose(scores, [[0.75, 0.2]], rtol=1e-5)


def test_a_face_of_many_sizes_is_one_face():
    left, nearly_left = (0.0, 0, 200, 200), (0.0, 0, 200, 240)
    right = (400.0, 0, 600, 200)
    readings = [
        reading((left, 0.6, 1), (right, 0.9, 0)),
        reading((nearly_left, 0.7, 1), (right, 0.8, 0), scale=0.5),
    ]
    boxes, _ = merge_readings(readings, 0.5)
    assert boxes.tolist() == [list(right), list(nearly_left)]


@pytest.mark.parametrize(('height', 'number'), [(95, 0), (96, 1)])
def test_small_faces_are_left_to_the_finest_reading(height, number):
    box = (0.0, 0, height, height)
    coarse = reading((box, 0.9, 1), scale=0.5)
    boxes, _ = merge_readings([NOTHING, coarse], 0.02)
    assert len(boxes) == number
    boxes, _ = merge_readings([coarse], 0.5)
    assert len(boxes) == 1


@pytest.mark.parametrize(
    ('shape', 'scale'), [((100, 50), 0.64), ((32, 64), 1), ((1, 1), 64)]
)
def test_a_letterbox_is_a_square_with_the_picture_at_its_upper_left(
    shape, scale
):
    side = InputSide(64, 114.0, 'RGB', (1.0, 2.0, 3.0), (2.0, 2.0, 2.0))
    pixels, (across, down) = letterbox(np.zeros((*shape, 3), np.uint8), side)
    assert pixels.shape == (3, 64, 64)
    assert (across, down) == (scale, scale)
    np.testing.assert_array_equal(pixels[:, 0, 0], [-0.5, -1, -1.5])
    if shape[0] != shape[1]:
        np.testing.assert_array_equal(pixels[:, 63, 63], [56.5, 56, 55.5])


def test_what_lies_in_the_padding_or_says_nothing_is_left_out():
    boxes = np.float32([[0, 0, 8, 8], [6, 6, 20, 9], [12, 0, 14, 4], LEFT])
    scores = np.float32([[0.5, 0], [0, 0.5], [0.5, 0], [1e-4, 0]])
    found = in_photograph(boxes, scores, (2.0, 2.0), (5, 5))
    assert found.bboxes.tolist() == [[0, 0, 4, 4], [3, 3, 5, 4.5]]
    assert found.scale == 2


@pytest.mark.parametrize('number', [1, 200])
def test_as_many_faces_as_there_are(number):
    boxes = [(20.0 * i, 0, 20.0 * i + 10, 10) for i in range(number)]
    found = reading(*((box, 0.9, 1) for box in boxes))
    assert len(merge_readings([found, found], 0.5)[0]) == number
