"""Crops of single faces: which are drawn, and with which label."""

import numpy as np
import pytest
from composition_sets import (
    HAPPY,
    SAD,
    UNNAMED,
    config_of,
    crop_set,
    photograph_set,
    seeded,
)
from voc_sets import add_image, write_split

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.composition import FaceCrops
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS

NO_VOTES = dict.fromkeys(EXPRESSIONS, 0)


def labels_drawn(crops, count=600):
    rng = seeded()
    labels = [crops.draw(rng)[2] for _ in range(count)]
    return np.bincount(labels, minlength=len(EXPRESSIONS)) / count


def test_labels_are_drawn_by_votes(tmp_path):
    votes = [{**NO_VOTES, 'Anger': 2, 'Neutral': 6, 'Surprise': 2, 'Foo': 9}]
    dataset = crop_set(tmp_path, ['Neutral'], votes)
    shares = labels_drawn(FaceCrops(dataset, votes='votes.csv'))
    expected = [0.2, 0, 0, 0, 0.6, 0, 0.2]
    np.testing.assert_allclose(shares, expected, atol=0.06)
    assert (shares[[1, 2, 3, 5]] == 0).all()


@pytest.mark.parametrize(
    ('sharpness', 'share'), [(0.5, 2 / 3), (1, 4 / 5), (2, 16 / 17)]
)
def test_votes_count_to_a_power(tmp_path, sharpness, share):
    votes = [{**NO_VOTES, 'Happy': 8, 'Neutral': 2}]
    dataset = crop_set(tmp_path, ['Happy'], votes)
    crops = FaceCrops(dataset, votes='votes.csv', sharpness=sharpness)
    expected = [[0, 0, 0, share, 1 - share, 0, 0]]
    np.testing.assert_allclose(crops.shares, expected)
    assert labels_drawn(crops)[3] == pytest.approx(share, abs=0.06)


@pytest.mark.parametrize('sharpness', [0, -1, float('nan'), float('inf')])
def test_a_power_that_is_none(tmp_path, sharpness):
    with pytest.raises(InputError, match=r'sharpness=.*above 0'):
        FaceCrops(crop_set(tmp_path, ['Sad']), sharpness=sharpness)


def test_without_votes_labels_are_the_annotated_ones(tmp_path):
    dataset = crop_set(tmp_path, ['Neutral'])
    assert labels_drawn(FaceCrops(dataset), 20)[4] == 1


@pytest.mark.parametrize(
    ('rarity', 'share'), [(0, 1 / 10), (0.5, 1 / 4), (1, 1 / 2)]
)
def test_crops_of_rare_classes_come_more_often(tmp_path, rarity, share):
    dataset = crop_set(tmp_path, ['Happy'] * 9 + ['Fear'])
    shares = labels_drawn(FaceCrops(dataset, rarity=rarity))
    assert shares[EXPRESSIONS.index('Fear')] == pytest.approx(share, abs=0.06)


def test_crops_are_mirrored_with_their_boxes(tmp_path):
    face = VOCObject('Sad', (2, 4, 30, 44))
    image = np.zeros((48, 48, 3), np.uint8)
    image[4:44, 2:30] = (10, 200, 20)
    write_split(tmp_path, add_image(tmp_path, 'a.png', face, image=image))
    crops = FaceCrops(config_of(tmp_path))
    boxes = set()
    for seed in range(8):
        crop, box, _ = crops.draw(seeded(seed))
        x1, y1, x2, y2 = box.astype(int)
        assert (crop[y1:y2, x1:x2] == (10, 200, 20)).all()
        boxes.add((x1, x2))
    assert boxes == {(2, 30), (18, 46)}


def test_what_crops_are_drawn_of(tmp_path):
    crops = FaceCrops(crop_set(tmp_path, ['Happy'] * 4 + ['Sad']), rarity=0.5)
    assert [image.shape for image in crops.images] == [(48, 48)] * 5
    np.testing.assert_allclose(crops.weights, [0.5] * 4 + [1])
    np.testing.assert_allclose(crops.shares.argmax(1), [3, 3, 3, 3, 5])


def test_a_grey_crop_has_one_channel(tmp_path):
    crop, _, _ = FaceCrops(crop_set(tmp_path, ['Sad'])).draw(seeded())
    assert crop.shape == (48, 48)


@pytest.mark.parametrize(
    ('faces', 'words'),
    [
        ((HAPPY, SAD), 'this one has 2'),
        ((), 'this one has 0'),
        ((UNNAMED,), 'no expression'),
    ],
)
def test_a_crop_has_one_named_face(tmp_path, faces, words):
    dataset = photograph_set(tmp_path, faces, unlabelled='face')
    with pytest.raises(InputError, match=rf'photo0\.xml.*{words}'):
        FaceCrops(dataset)


@pytest.mark.parametrize(
    ('votes', 'words'),
    [
        (None, 'cannot be read'),
        ({'Anger': 1}, 'the columns id, Anger'),
        (NO_VOTES, 'crop0 has no vote'),
        ({**NO_VOTES, 'Sad': 'many'}, 'no number'),
        ({**NO_VOTES, 'Sad': -1, 'Fear': 3}, 'negative'),
        ({**NO_VOTES, 'Sad': 'nan'}, 'has no vote'),
        ({**NO_VOTES, 'Sad': 10**400}, 'has no vote'),
        ({**NO_VOTES, 'Sad': 'a' * 200_000}, 'is no CSV'),
    ],
)
def test_faulty_votes(tmp_path, votes, words):
    dataset = crop_set(tmp_path, ['Sad'], votes and [votes])
    with pytest.raises(InputError, match=f'votes.csv.*{words}'):
        FaceCrops(dataset, votes='votes.csv')
