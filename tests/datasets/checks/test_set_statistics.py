"""What the splits hold."""

import numpy as np
import pytest
from checked_sets import SIDE, add_picture, check, write_splits
from voc_sets import add_image

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.expressions import EXPRESSIONS


@pytest.fixture
def statistics(tmp_path):
    """One happy and eleven sad faces, a faceless image, a faulty face."""
    add_picture(
        tmp_path,
        'a.png',
        0,
        VOCObject('Happiness', (0, 0, 60, 30)),
        VOCObject('Bored', (0, 0, 60, 60)),
        VOCObject('Fear', (0, 0, 60, 999)),
    )
    sad = VOCObject('Sad', (30, 60, 90, 120))
    add_picture(tmp_path, 'b.png', 1, *[sad] * 11)
    add_image(tmp_path, 'c.png', image=np.zeros((SIDE, SIDE, 3), np.uint8))
    write_splits(tmp_path, train='abc')
    (item,) = check(tmp_path, 'train').statistics
    return item


def test_counts(statistics):
    assert statistics.images == 3
    assert statistics.faceless == 1
    assert {k: v for k, v in statistics.faces.items() if v} == {
        'Happy': 1,
        'Sad': 11,
    }


def test_boxes_are_measured_at_the_size_of_the_input(statistics):
    scale = 320 / SIDE
    assert statistics.sides[0] == pytest.approx((60 * 30) ** 0.5 * scale)
    assert statistics.sides[1] == pytest.approx(60 * scale)
    np.testing.assert_allclose(statistics.centres[0], (0.25, 0.125))
    np.testing.assert_allclose(statistics.centres[1], (0.5, 0.75))


def test_weights_make_up_for_the_imbalance(statistics):
    weights = statistics.class_weights()
    assert weights['Happy'] == pytest.approx(12 / (2 * 1))
    assert weights['Sad'] == pytest.approx(12 / (2 * 11))
    assert weights['Fear'] == 1.0
    total = sum(weights[k] * n for k, n in statistics.faces.items())
    assert total == pytest.approx(12)


def test_imbalance_is_a_warning_and_no_fault(statistics):
    missing, imbalance = statistics.warnings()
    assert 'no face of the class Anger, Disgust, Fear, Neutral' in missing
    assert '11 faces of Sad for each of Happy' in imbalance


@pytest.fixture
def boxes(tmp_path):
    """A set of faces without an expression."""
    add_picture(tmp_path, 'a.png', 0, *[VOCObject('face', (0, 0, 60, 30))] * 20)
    write_splits(tmp_path, train='a')
    return tmp_path


def test_faces_without_an_expression_are_faces(boxes):
    result = check(boxes, 'train', unlabelled='face')
    (item,) = result.statistics
    assert list(item.faces) == [*EXPRESSIONS, 'face']
    assert sum(item.faces.values()) == item.faces['face'] == 20
    assert item.class_weights() == {}
    assert result.warnings() == []


def test_faces_without_an_expression_are_of_no_class(boxes):
    add_picture(boxes, 'b.png', 1, VOCObject('Sad', (0, 0, 60, 30)))
    write_splits(boxes, train='ab')
    result = check(boxes, 'train', unlabelled='face')
    (item,) = result.statistics
    assert item.class_weights() == dict.fromkeys(EXPRESSIONS, 1)
    (missing,) = result.warnings()
    assert missing.endswith('Anger, Disgust, Fear, Happy, Neutral, Surprise.')


def test_a_split_without_a_face_is_a_warning(tmp_path):
    add_image(tmp_path, 'a.png', image=np.zeros((SIDE, SIDE, 3), np.uint8))
    write_splits(tmp_path, train='a')
    assert check(tmp_path, 'train').warnings() == [
        'train has no face: nothing to learn from.'
    ]
