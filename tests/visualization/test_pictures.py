"""Faces drawn on photographs, and sheets of them."""

import numpy as np
import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import COLOURS
from fer_yolo_mamba.faces import Face
from fer_yolo_mamba.visualization import (
    contact_sheet,
    draw_faces,
    shrunk,
    write_image,
)


@pytest.mark.parametrize('size', [(60, 80), (480, 640), (900, 300)])
@pytest.mark.parametrize(
    'share', [(0.2, 0.3, 0.6, 0.9), (-0.1, -0.2, 0.5, 0.4), (0.7, 0, 1.3, 1)]
)
def test_the_box_has_the_colour_of_its_class(size, share):
    height, width = size
    image = np.full((height, width, 3), 127, np.uint8)
    x1, y1, x2, y2 = share
    bbox = (x1 * width, y1 * height, x2 * width, y2 * height)
    drawn = draw_faces(image, [Face(bbox, 'Fear', 0.93)])
    assert drawn.shape == image.shape
    assert (image == 127).all()  # the picture itself stays
    colour = np.array(COLOURS['Fear'][::-1])
    assert (drawn == colour).all(axis=2).any()


def test_other_classes_are_drawn_too():
    image = np.zeros((100, 100, 3), np.uint8)
    assert draw_faces(image, [Face((20, 40, 60, 80), 'Calm', 0.5)]).any()


def test_the_number_of_a_person_is_drawn():
    image = np.zeros((200, 300, 3), np.uint8)
    one, other, nobody = (
        draw_faces(image, [Face((20, 40, 60, 80), 'Sad', 0.5, track=track)])
        for track in (1, 2, None)
    )
    assert (one != other).any() and (one != nobody).any()


def test_no_box_crosses_a_label():
    image = np.full((200, 300, 3), 127, np.uint8)
    large = Face((20, 60, 220, 190), 'Happy', 0.98)
    # Its left side goes through where the label of the large one is.
    small = Face((60, 10, 120, 120), 'Sad', 0.97)
    alone = draw_faces(image, [large])[:58]
    is_label = (alone != 127).any(axis=2)
    assert is_label[:, 60].any()
    both = draw_faces(image, [large, small])[:58]
    np.testing.assert_array_equal(both[is_label], alone[is_label])


def test_no_face_is_the_same_picture():
    image = np.random.default_rng(0).integers(0, 255, (9, 7, 3), np.uint8)
    np.testing.assert_array_equal(draw_faces(image, []), image)


def test_pictures_are_written_under_any_name(tmp_path):
    path = tmp_path / 'neuer Ordner' / 'été.png'
    write_image(path, np.zeros((4, 5, 3), np.uint8))
    assert path.stat().st_size > 0


def test_a_picture_too_large_for_its_format_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r'use \.png'):
        write_image(tmp_path / 'a.jpg', np.zeros((1, 65_501, 3), np.uint8))


@pytest.mark.parametrize(
    ('shape', 'expected'),
    [((60, 80), (30, 40)), ((1, 400), (1, 40)), ((40, 20), (40, 20))],
)
def test_no_side_is_longer(shape, expected):
    image = np.full((*shape, 3), 7, np.uint8)
    small = shrunk(image, 40)
    assert small.shape == (*expected, 3) and (small == 7).all()


def test_an_unknown_format_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r'\.xyz.*\.jpg'):
        write_image(tmp_path / 'a.xyz', np.zeros((4, 5, 3), np.uint8))


@pytest.mark.parametrize(
    ('count', 'columns', 'rows_and_columns'),
    [(1, None, (1, 1)), (5, None, (2, 3)), (5, 2, (3, 2)), (4, 4, (1, 4))],
)
def test_rows_and_columns(count, columns, rows_and_columns):
    images = [np.zeros((9, 7, 3), np.uint8)] * count
    sheet = contact_sheet(images, columns, side=20, gap=2)
    rows, columns = rows_and_columns
    assert sheet.shape == (rows * 22 + 2, columns * 22 + 2, 3)


@pytest.mark.parametrize('size', [(5, 5), (50, 10), (10, 50)])
def test_a_picture_is_scaled_to_fit_and_centred(size):
    sheet = contact_sheet([np.zeros((*size, 3), np.uint8)], side=20, gap=2)
    rows, columns = np.nonzero((sheet == 0).all(axis=2))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert max(height, width) == 20
    assert height * size[1] == pytest.approx(width * size[0], rel=0.05)
    assert abs(rows.mean() - 11.5) <= 0.5
    assert abs(columns.mean() - 11.5) <= 0.5
