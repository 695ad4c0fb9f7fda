"""Pasting a face: where it comes to lie, and what of the canvas stays."""

import numpy as np
import pytest
from composition_sets import CROP_SIDE, FACE, bright_ellipse

from fer_yolo_mamba.datasets.composition.pasting import (
    face_mask,
    paste_face,
    turned_box,
)

TARGET = np.array([60.0, 50.0, 124.0, 140.0])


def pasted(target=TARGET, angle=0.0, canvas=None, seed=0, **options):
    canvas = np.zeros((200, 220, 3), np.uint8) if canvas is None else canvas
    box = paste_face(
        canvas,
        bright_ellipse(),
        np.array(FACE),
        target,
        angle,
        np.random.default_rng(seed),
        **options,
    )
    return canvas, box


def bounds(image):
    """Box of the bright pixels."""
    rows, columns = np.nonzero(image.max(2) > 127)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize('angle', [0, 17, -40, 90])
@pytest.mark.parametrize('seed', range(3))  # each interpolation
def test_the_box_is_that_of_the_turned_face(angle, seed):
    canvas, box = pasted(angle=angle, seed=seed)
    np.testing.assert_allclose(box, bounds(canvas), atol=2)


@pytest.mark.parametrize('scale', [0.2, 0.5, 1, 2])
def test_a_face_has_the_size_that_was_asked_for(scale):
    width, height = np.array([32, 40]) * scale
    target = np.array([70, 60, 70 + width, 60 + height])
    canvas, box = pasted(target)
    np.testing.assert_allclose(box, target)
    np.testing.assert_allclose(bounds(canvas), target, atol=1.5)


def test_boxes_end_at_the_border():
    canvas, box = pasted(np.array([180.0, -30.0, 260.0, 60.0]))
    np.testing.assert_allclose(box, [180, 0, 220, 60])
    np.testing.assert_allclose(bounds(canvas), box, atol=2)


def test_a_face_outside_leaves_nothing():
    canvas, box = pasted(TARGET + 1000)
    assert not canvas.any() and not box.any()


def test_a_transparent_mask_changes_nothing():
    canvas = np.random.default_rng(0).integers(0, 256, (200, 220, 3), np.uint8)
    before = canvas.copy()
    pasted(angle=20, canvas=canvas, mask=np.zeros((64, 64)))
    np.testing.assert_array_equal(canvas, before)


def test_colours_are_those_of_the_table():
    table = np.zeros((1, 256, 3), np.uint8)
    table[..., 2] = np.arange(256)  # red
    canvas, _ = pasted(colours=table)
    assert canvas[95, 92].tolist() == [0, 0, 255]


def test_the_colour_of_the_canvas_may_stay():
    canvas = np.zeros((200, 220, 3), np.uint8)
    canvas[..., 2] = 120  # red
    canvas, _ = pasted(canvas=canvas, keep_colour=True)
    blue, green, red = canvas[95, 92].astype(int)
    assert red > blue + 60 and red > green + 60


def test_a_turned_box_is_that_of_an_ellipse():
    square = np.array([10.0, 10.0, 30.0, 30.0])
    np.testing.assert_allclose(turned_box(square, 45, (99, 99)), square)
    upright = np.array([10.0, 0.0, 20.0, 40.0])
    np.testing.assert_allclose(
        turned_box(upright, 90, (99, 99)), [0, 15, 35, 25]
    )


def test_masks_are_opaque_in_the_middle_of_the_face():
    part = np.array(FACE) / CROP_SIDE
    masks = [face_mask(np.random.default_rng(s), part) for s in range(40)]
    for mask in masks:
        assert mask.shape == (64, 64) and mask.dtype == np.float32
        assert 0 <= mask.min() <= mask.max() <= 1 + 1e-6
        assert mask[32, 32] > 0.99
    # Rectangles reach the corners, ellipses do not.
    corners = [mask[5, 5] > 0.5 for mask in masks]
    assert any(corners) and not all(corners)
