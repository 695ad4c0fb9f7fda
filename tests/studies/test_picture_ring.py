"""Pictures kept for batches: which are drawn, and what is done to them."""

from threading import Semaphore

import numpy as np
import pytest
import torch

from fer_yolo_mamba.datasets.composition.pictures import Picture
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.picture_ring import (
    PictureRing,
    compose_without_end,
)

SIDE = 8
CPU = torch.device('cpu')
# Its box is the bright half of the picture.
LEFT_HALF = (3, 0, 0, 4, 8)


class Numbered:
    """Composes pictures whose grey is their index."""

    side = SIDE

    def compose(self, index):
        if index > 40:
            raise InputError('a set that ends')
        image = np.full((SIDE, SIDE, 3), index, np.uint8)
        boxes = np.float32([LEFT_HALF[1:]] * (index % 3))
        return Picture(image, boxes.reshape(-1, 4), np.full(index % 3, 3))


def ring_of(images, faces, kept):
    ring = PictureRing(kept, SIDE, CPU)
    ring.put(images, faces)
    return ring


def faces_of(*rows):
    """A picture's faces, each of one row."""
    faces = torch.full((len(rows), 256, 5), -1.0)
    for picture, row in zip(faces, rows, strict=True):
        if row:
            picture[0] = torch.tensor(row)
    return faces


def test_indices_count_up_and_faces_come_along():
    images, faces = next(compose_without_end(Numbered(), 1, kept=64))
    assert images[:, 0, 0, 0].tolist() == [0, 1, 2, 3]
    assert (faces[..., 0] >= 0).sum(1).tolist() == [0, 1, 2, 0]
    assert faces[1, 0].tolist() == list(LEFT_HALF)


def test_workers_share_the_indices():
    pictures = compose_without_end(Numbered(), 2, kept=64)
    seen = [next(pictures)[0][:, 0, 0, 0].tolist() for _ in range(2)]
    assert sorted(seen) == [[0, 2, 4, 6], [1, 3, 5, 7]]


def test_boxes_are_mirrored_with_their_picture():
    image = torch.zeros((1, SIDE, SIDE, 3), dtype=torch.uint8)
    image[:, :, :4] = 200
    ring = ring_of(image, faces_of(LEFT_HALF), kept=16)
    batch = ring.draw(32)
    images, faces = batch['inputs'], batch['data_samples']['bboxes_labels']
    assert images.shape == (32, 3, SIDE, SIDE)
    assert faces.shape == (32, 6)
    assert faces[:, 0].tolist() == list(range(32))
    assert faces[:, 1].tolist() == [3] * 32
    mirrored = images[:, 0, 0, 0] < images[:, 0, 0, 7]
    assert 0 < mirrored.sum() < 32
    for row, is_mirrored in zip(faces, mirrored, strict=True):
        assert row[2:].tolist() == (
            [4, 0, 8, 8] if is_mirrored else [0, 0, 4, 8]
        )


def test_light_changes_and_stays_in_range():
    images = torch.full((1, SIDE, SIDE, 3), 250, dtype=torch.uint8)
    light = ring_of(images, faces_of(None), kept=16).draw(64)['inputs']
    assert light.unique().numel() > 10
    assert light.min() >= 250 * 0.8 - 15
    assert light.max() == 255


def test_a_picture_without_faces_has_none():
    images = torch.zeros((2, SIDE, SIDE, 3), dtype=torch.uint8)
    ring = ring_of(images, faces_of(None, None), kept=16)
    assert ring.draw(4)['data_samples']['bboxes_labels'].shape == (0, 6)


def test_the_oldest_are_overwritten_and_no_longer_drawn():
    ring = PictureRing(32, SIDE, CPU)
    for index in range(33):
        images = torch.full((1, SIDE, SIDE, 3), 100 + 4 * index)
        ring.put(images.to(torch.uint8), faces_of((index, 0, 0, 8, 8)))
    labels = ring.draw(2000)['data_samples']['bboxes_labels'][:, 1]
    # 0 is overwritten; 1 and 2 are next.
    assert sorted(labels.unique().tolist()) == list(range(3, 33))


def test_a_full_ring_takes_no_more_than_is_drawn():
    taken = Semaphore(0)

    def pictures():
        while True:
            taken.release()
            yield torch.zeros((1, SIDE, SIDE, 3)), faces_of(None)

    ring = PictureRing(32, SIDE, CPU)
    with ring.filled_from(pictures()):
        for _ in range(32):
            assert taken.acquire(timeout=30)
        assert not taken.acquire(timeout=0.3)
        ring.draw(5)
        for _ in range(5):
            assert taken.acquire(timeout=30)
        assert not taken.acquire(timeout=0.3)
    assert ring.composed == 37


def test_an_error_of_a_worker_reaches_the_training():
    ring = PictureRing(64, SIDE, CPU)
    pictures = compose_without_end(Numbered(), 1, kept=64)
    with (
        pytest.raises(InputError, match='a set that ends'),
        ring.filled_from(pictures),
    ):
        while True:
            ring.require_filling()
    assert ring.composed == 40
