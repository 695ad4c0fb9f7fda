"""Detections above, heatmaps below."""

import numpy as np
import pytest

from fer_yolo_mamba.faces import Face
from fer_yolo_mamba.visualization import Heatmap, draw_heatmaps, figure_png

PHOTOGRAPH = np.full((60, 80, 3), 90, np.uint8)


def heatmap(*titles):
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    face = Face((10, 10, 30, 40), 'Happy', 0.9)
    return Heatmap(dict.fromkeys(titles, values), 'what it is', (face,))


def rows_of(figure):
    """The titles as they stand, empty places as empty strings."""
    *axes, bar = figure.axes
    assert bar.get_xlabel() == 'what it is'
    columns = axes[0].get_gridspec().ncols
    titles = [axis.get_title() for axis in axes]
    return [titles[i : i + columns] for i in range(0, len(titles), columns)]


def test_a_photograph_is_a_column():
    figure = draw_heatmaps(
        (name, PHOTOGRAPH, heatmap('map')) for name in ('a.jpg', 'b.jpg')
    )
    assert rows_of(figure) == [['a.jpg', 'b.jpg'], ['map', 'map']]


def test_a_name_is_no_formula():
    name = 'pay_$10_to_$20^2_3^4.jpg'
    figure = draw_heatmaps([(name, PHOTOGRAPH, heatmap('map'))])
    assert figure_png(figure).startswith(b'\x89PNG')


def test_more_than_fit_go_on_below():
    figure = draw_heatmaps(
        (str(number), PHOTOGRAPH, heatmap('map')) for number in range(7)
    )
    assert rows_of(figure) == [
        list('012345'),
        ['map'] * 6,
        ['6', *[''] * 5],
        ['map', *[''] * 5],
    ]


@pytest.mark.parametrize(
    ('titles', 'rows'),
    [
        ('uvwx', [['a.jpg', 'u', 'v'], ['w', 'x', '']]),
        ('uvwxy', [['a.jpg', 'u', 'v'], ['w', 'x', 'y']]),
    ],
)
def test_several_panels_stand_beside_the_detections(titles, rows):
    figure = draw_heatmaps([('a.jpg', PHOTOGRAPH, heatmap(*titles))])
    assert rows_of(figure) == rows


def test_the_detections_are_drawn_and_a_map_covers_the_photograph():
    figure = draw_heatmaps([('a.jpg', PHOTOGRAPH, heatmap('map'))])
    above, below, _ = figure.axes
    (detections,) = above.get_images()
    assert (detections.get_array() != 90).any()
    photograph, values = below.get_images()
    assert (photograph.get_array() == 90).all()
    assert values.get_extent() == photograph.get_extent() == [0, 80, 60, 0]
    assert values.get_clim() == (0, 1)


@pytest.mark.parametrize('shape', [(1, 1, 3), (60, 3000, 3), (100, 2, 3)])
def test_photographs_of_any_shape(shape):
    image = np.zeros(shape, np.uint8)
    assert figure_png(draw_heatmaps([('a.jpg', image, heatmap('map'))]))
