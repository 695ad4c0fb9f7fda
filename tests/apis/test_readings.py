"""From readings in one or two sizes to faces."""

import pytest
import torch

from fer_yolo_mamba.apis.readings import Reading, calibrated, merge_readings

LEFT = (0.0, 0, 10, 10)
NEARLY_LEFT = (0.0, 0, 10, 12)
RIGHT = (20.0, 0, 30, 10)


def reading(*detections, scale=1.0):
    """Of (box, score, label)."""
    boxes, scores, labels = zip(*detections, strict=True) or ((), (), ())
    return Reading(
        torch.tensor(boxes).view(-1, 4),
        torch.tensor(scores),
        torch.tensor(labels),
        scale,
    )


NOTHING = Reading(
    torch.zeros(0, 4), torch.zeros(0), torch.zeros(0, dtype=torch.long), 1.0
)


@pytest.mark.parametrize(
    ('score_thr', 'labels'), [(0.3, [1, 0]), (0.5, [1]), (0.95, [])]
)
def test_a_face_gets_one_expression(score_thr, labels):
    found = reading((LEFT, 0.9, 1), (NEARLY_LEFT, 0.8, 2), (RIGHT, 0.4, 0))
    boxes, scores = merge_readings([found], 3, score_thr)
    assert scores.argmax(1).tolist() == labels
    assert boxes.tolist() == [list(LEFT), list(RIGHT)][: len(labels)]


def test_the_other_expressions_keep_their_scores():
    found = reading((LEFT, 0.9, 1), (NEARLY_LEFT, 0.8, 2), (RIGHT, 0.4, 0))
    _, scores = merge_readings([found], 3, 0.5)
    torch.testing.assert_close(scores, torch.tensor([[0.0, 0.9, 0.8]]))


@pytest.mark.parametrize('readings', [[NOTHING], [NOTHING, NOTHING]])
def test_no_face(readings):
    boxes, scores = merge_readings(readings, 3, 0.5)
    assert boxes.shape == (0, 4)
    assert scores.shape == (0, 3)


def test_a_face_that_one_size_alone_sees():
    for readings in (
        [reading((LEFT, 0.9, 1)), NOTHING],
        [NOTHING, reading((LEFT, 0.9, 1))],
        [reading((LEFT, 0.9, 1)), reading((RIGHT, 0.1, 0))],
    ):
        boxes, scores = merge_readings(readings, 2, 0.5)
        assert boxes.tolist() == [list(LEFT)]
        torch.testing.assert_close(scores, torch.tensor([[0.0, 0.9]]))


@pytest.mark.parametrize('temperature', [0.5, 1, 2])
def test_a_temperature_keeps_order_and_the_middle(temperature):
    before = torch.tensor([0.0, 0.1, 0.5, 0.8, 1.0])
    after = calibrated(before, temperature, 0)
    assert (after.diff() > 0).all()
    assert ((after >= 0) & (after <= 1)).all()
    assert after[2] == pytest.approx(0.5)


def test_a_high_temperature_is_less_certain():
    logits = torch.tensor([-1.0, 3.0])
    torch.testing.assert_close(
        calibrated(logits.sigmoid(), 2, 0), (logits / 2).sigmoid()
    )


def test_a_shift_raises_every_score():
    logits = torch.tensor([-1.0, 3.0])
    torch.testing.assert_close(
        calibrated(logits.sigmoid(), 2, 0.5), ((logits + 0.5) / 2).sigmoid()
    )


@pytest.mark.parametrize(
    ('height', 'label'),
    [(40, 1), (96, 1), (130, 1), (150, 2), (192, 2), (280, 2)],
)
def test_a_face_is_named_where_it_is_nearest_to_96_pixels(height, label):
    box = (0.0, 0, height, height)
    readings = [
        reading((box, 0.8, 1), (box, 0.6, 0)),
        reading((box, 0.7, 2), scale=0.5),
    ]
    for order in (readings, readings[::-1]):
        boxes, scores = merge_readings(order, 3, 0.5)
        assert boxes.tolist() == [list(box)]
        assert scores.argmax(1).item() == label


def test_a_face_of_many_sizes_is_one_face():
    readings = [
        reading((LEFT, 0.6, 1), (RIGHT, 0.9, 0)),
        reading((NEARLY_LEFT, 0.7, 1), (RIGHT, 0.8, 0), scale=0.5),
    ]
    boxes, _ = merge_readings(readings, 3, 0.5)
    assert boxes.tolist() == [list(RIGHT), list(NEARLY_LEFT)]
