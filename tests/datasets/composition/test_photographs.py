"""Photographs: another part and size each time, and faces replaced."""

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

from fer_yolo_mamba.datasets.composition import Photographs
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS


def test_a_photograph_changes_part_and_size_with_its_box(tmp_path):
    image = np.zeros((96, 96, 3), np.uint8)
    image[20:60, 30:60] = 255  # the face
    write_split(tmp_path, add_image(tmp_path, 'a.png', HAPPY, image=image))
    source = Photographs(config_of(tmp_path), face_size=(30, 60))
    heights, whole = [], 0
    for seed in range(12):
        picture = source.draw(seeded(seed), (128, 128))
        (box,) = picture.boxes
        heights.append(box[3] - box[1])
        y, x = np.nonzero(picture.image[..., 0] > 200)
        middle = (x.mean() + 0.5, y.mean() + 0.5)
        if {0, 127}.isdisjoint((*x, *y)):  # whole
            expected = (box[:2] + box[2:]) / 2
            np.testing.assert_allclose(middle, expected, atol=1.5)
            whole += 1
    assert whole > 6
    assert 25 < min(heights) < 40 < max(heights) < 66


def test_all_faces_of_a_photograph_may_be_replaced(tmp_path):
    photos = photograph_set(tmp_path / 'photos', [HAPPY, SAD])
    crops = dict(dataset=crop_set(tmp_path / 'crops', ['Fear']))
    swapped = Photographs(photos, (40, 40), swap=1, crops=crops)
    plain = Photographs(photos, (40, 40), crops=crops)
    fear = EXPRESSIONS.index('Fear')
    for seed in range(6):
        labels = swapped.draw(seeded(seed), (160, 160)).labels
        assert len(labels) and set(labels.tolist()) == {fear}
        labels = plain.draw(seeded(seed), (160, 160)).labels
        assert fear not in labels


@pytest.mark.parametrize(
    ('rarity', 'share'),
    # Nine pictures of Happy faces, one of a Sad one; 1 ** -r : 9 ** -r.
    [(0, 1 / 10), (0.5, 1 / 4), (1, 1 / 2)],
)
def test_photographs_of_rare_classes_come_more_often(tmp_path, rarity, share):
    photos = photograph_set(tmp_path, *[[HAPPY]] * 9, [SAD])
    source = Photographs(photos, rarity=rarity, face_size=(20, 20))
    rng = seeded()
    labels = [source.draw(rng, (32, 32)).labels[0] for _ in range(400)]
    assert labels.count(EXPRESSIONS.index('Sad')) / 400 == pytest.approx(
        share, abs=0.075
    )


def test_photographs_without_classes_are_not_rare(tmp_path):
    photos = photograph_set(
        tmp_path, [HAPPY], [HAPPY], [SAD], [], [UNNAMED], unlabelled='face'
    )
    source = Photographs(photos, rarity=1)
    weights = np.diff(source._chances, prepend=0)
    np.testing.assert_allclose(weights / weights[0], [1, 1, 2, 1, 1])


@pytest.mark.parametrize('swap', [0.5, -1, 2])
def test_a_swap_needs_crops_and_a_share(tmp_path, swap):
    photos = photograph_set(tmp_path, [HAPPY])
    with pytest.raises(InputError, match='name the crops'):
        Photographs(photos, swap=swap)


def test_a_damaged_photograph_is_named(tmp_path):
    photos = photograph_set(tmp_path, [HAPPY])
    path = tmp_path / 'JPEGImages/photo0.png'
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match=r'photo0\.png is damaged'):
        Photographs(photos)
