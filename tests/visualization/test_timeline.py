"""Expressions of persons over the time of a film."""

import numpy as np
import pytest

from fer_yolo_mamba.visualization import draw_timeline, figure_png


def looks(*times, happy=0.6):
    return [(time, dict(Happy=happy, Sad=0.2)) for time in times]


def heights(axis):
    """At which times the face was seen: its scores, one on another."""
    *_, top = axis.collections
    return {
        round(time, 3): height
        for path in top.get_paths()
        for time, height in path.vertices
        if height > 0.7
    }


def test_a_row_a_person():
    figure = draw_timeline(
        {'film #1': looks(0, 1, 2), 'film #3': looks(1, 2, 3, happy=0.7)}
    )
    assert [axis.get_ylabel() for axis in figure.axes] == ['film #1', 'film #3']
    one, other = map(heights, figure.axes)
    assert one == pytest.approx({0: 0.8, 1: 0.8, 2: 0.8})
    assert other == pytest.approx({1: 0.9, 2: 0.9, 3: 0.9})
    (legend,) = figure.legends
    assert [x.get_text() for x in legend.get_texts()] == ['Happy', 'Sad']


def test_where_a_face_is_not_seen_there_is_nothing():
    (axis,) = draw_timeline({'x': looks(0, 1, 2, 9, 10)}).axes
    for areas in axis.collections:
        spans = [path.vertices[:, 0] for path in areas.get_paths()]
        assert [(min(x), max(x)) for x in spans] == [(0, 2), (9, 10)]


def test_of_many_persons_those_seen_longest():
    persons = {f'#{i}': looks(*np.arange(i + 1.0)) for i in range(30)}
    figure = draw_timeline(persons)
    assert [x.get_ylabel() for x in figure.axes] == [
        f'#{i}' for i in range(10, 30)
    ]
    assert '20 of 30 persons' in figure.axes[0].get_title()


def test_a_name_is_no_formula():
    looks = [(0.0, {'$\\no$': 0.4})]
    figure = draw_timeline({'pay_$\\no_$20.mp4 #1': looks})
    assert figure_png(figure).startswith(b'\x89PNG')


def test_a_single_look_and_nobody_can_be_drawn():
    for persons in ({'x': looks(1)}, {}):
        assert figure_png(draw_timeline(persons)).startswith(b'\x89PNG')
