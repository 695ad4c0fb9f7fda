"""Class names in other scripts: in a font that has them, or one warning."""

import warnings

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

from fer_yolo_mamba.faces import Face
from fer_yolo_mamba.visualization import draw_faces, figure_png, plots


@pytest.fixture(autouse=True)
def nothing_said_yet():
    plots._warn_of_fonts.cache_clear()


@pytest.fixture
def figure():
    figure = Figure(figsize=(2, 2))
    figure.subplots().bar(['高兴', 'Sad'], [1, 2])
    return figure


def warned(call):
    """What was said in two calls."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        call()
        call()
    return [str(warning.message) for warning in caught]


def test_a_plot_without_a_font_warns_once(figure, monkeypatch):
    monkeypatch.setattr(font_manager, 'get_font_names', lambda: ['DejaVu Sans'])
    (message,) = warned(lambda: figure_png(figure))
    assert 'install one of Noto Sans CJK' in message


def test_a_plot_takes_a_font_that_is_there(figure, monkeypatch):
    monkeypatch.setattr(
        font_manager, 'get_font_names', lambda: ['DejaVu Sans', 'SimHei']
    )
    figure_png(figure)
    texts = [x for x in figure.findobj(Text) if x.get_text() == '高兴']
    assert texts
    assert all(text.get_fontfamily()[-1] == 'SimHei' for text in texts)


def test_ordinary_names_are_drawn_in_silence():
    figure = Figure(figsize=(2, 2))
    figure.subplots().set(title='Glück, joie, радость')
    assert not warned(lambda: figure_png(figure))


def test_a_picture_shows_them():
    # OpenCV 5 has a font of its own; before, each letter was a ?.
    picture = np.zeros((90, 90, 3), np.uint8)
    labelled, asked = (
        draw_faces(picture, [Face((10, 20, 60, 70), name)])
        for name in ('高兴', '??')
    )
    assert (labelled != asked).any()
