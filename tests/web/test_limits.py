"""The sliders take every limit that the command takes."""

from types import SimpleNamespace

import pytest

pytest.importorskip('gradio', reason='needs the extra web')

import gradio as gr

from fer_yolo_mamba.web.limits import limit_sliders


@pytest.mark.parametrize('score_thr', [0, 0.324, 1])
def test_a_limit_of_the_command_is_one_of_the_page(score_thr):
    with gr.Blocks():
        sliders = limit_sliders(
            SimpleNamespace(score_thr=score_thr, min_face=0)
        )
    values = [slider.value for slider in sliders]
    assert values == [score_thr, 0]
    # As the browser sends them back.
    assert [x.preprocess(x.value) for x in sliders] == values
