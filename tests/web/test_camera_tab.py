"""Pictures of a camera: drawn within the page, and no HTML but its own."""

from html.parser import HTMLParser

import numpy as np
import pytest

from fer_yolo_mamba import FERResult
from fer_yolo_mamba.faces import Face

pytest.importorskip('gradio', reason='needs the extra web')

import gradio as gr

from fer_yolo_mamba.web.camera_tab import camera_tab


class OneFace:
    """Finds one face in every picture, whose expression has any name."""

    score_thr, min_face = 0.5, 0

    def __init__(self, expression):
        self.expression = expression

    def __call__(self, picture):
        face = Face.of_scores((5, 5, 40, 40), {self.expression: 0.9})
        yield FERResult((face,), *picture.shape[1::-1], image=picture)


@pytest.mark.parametrize('name', ['Happy" onload="alert(1)', '&lt;Happy&gt;'])
def test_a_name_stays_a_name(name):
    with gr.Blocks() as page:
        camera_tab(OneFace(name))
    (look,) = (x.fn for x in page.fns.values())
    found, drawn = look(np.zeros((50, 60, 3), np.uint8), 0.5, 0)
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda *tag: tags.append(tag)
    parser.feed(drawn)
    ((tag, attributes),) = tags
    assert tag == 'img'
    assert [x for x, _ in attributes] == ['alt', 'style', 'src']
    assert found == f'{name} 0.90' == dict(attributes)['alt']
