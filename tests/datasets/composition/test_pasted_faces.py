"""Faces pasted on backgrounds: how many, how large, and on what."""

import numpy as np
import pytest
from composition_sets import HAPPY, crop_set, photograph_set, seeded

from fer_yolo_mamba.datasets.composition import PastedFaces
from fer_yolo_mamba.errors import InputError


def test_pasted_faces_hardly_overlap(tmp_path):
    source = PastedFaces(
        dict(dataset=crop_set(tmp_path / 'crops', ['Anger'])),
        dict(dataset=photograph_set(tmp_path / 'backdrops', [])),
        face_size=(20, 100),
    )
    counts = set()
    for seed in range(20):
        image, boxes, labels = source.draw(seeded(seed), (320, 320))
        assert image.shape == (320, 320, 3) and len(boxes) == len(labels)
        counts.add(len(boxes))
        assert (boxes[:, 3] - boxes[:, 1] < 115).all()
        for i, box in enumerate(boxes):
            others = np.delete(boxes, i, 0)
            corner = np.maximum(box[:2], others[:, :2])
            sides = np.minimum(box[2:], others[:, 2:]) - corner
            shared = np.prod(np.maximum(sides, 0), axis=1)
            assert (shared < 0.5 * np.prod(box[2:] - box[:2])).all()
    assert 1 in counts and max(counts) > 10


def test_a_picture_is_larger_than_its_faces(tmp_path):
    source = PastedFaces(
        dict(dataset=crop_set(tmp_path / 'crops', ['Anger'])),
        dict(dataset=photograph_set(tmp_path / 'backdrops', [])),
        face_size=(100, 280),
    )
    for seed in range(5):
        assert source.draw(seeded(seed), (40, 30)).image.shape == (30, 40, 3)


def test_backgrounds_have_no_faces(tmp_path):
    with pytest.raises(InputError, match=r'photo1\.xml: a background must'):
        PastedFaces(
            dict(dataset=crop_set(tmp_path / 'crops', ['Anger'])),
            dict(dataset=photograph_set(tmp_path / 'photos', [], [HAPPY])),
        )
