"""The tab for the camera: faces and expressions while they are made."""

import base64
from html import escape

import cv2
import gradio as gr
from PIL import Image

from ..apis import FERDetector
from ..errors import InputError
from .limits import limit_sliders
from .photo import find_faces

_HINT = 'Start the camera and press Record; no picture is kept.'
# Between two pictures that the browser sends; the next waits for an answer.
_STEP = 0.2


def camera_tab(detector: FERDetector) -> None:
    """Lays out the tab and says what each of its parts does."""
    with gr.Row():
        with gr.Column():
            camera = gr.Image(
                label='Camera',
                sources='webcam',
                type='pil',
                image_mode=None,
                streaming=True,
            )
            limits = limit_sliders(detector)
        with gr.Column():
            message = gr.Textbox(_HINT, label='Found', interactive=False)
            drawn = gr.HTML(padding=False)

    def look(picture: Image.Image | None, *limits: float) -> tuple[str, str]:
        if picture is None:
            return _HINT, ''
        try:
            result = find_faces(detector, picture, *limits)
        except InputError as error:
            return str(error), ''
        return result.found, _inline(result)

    camera.stream(
        look,
        [camera, *limits],
        [message, drawn],
        stream_every=_STEP,
        show_progress='hidden',
        api_visibility='private',
    )


def _inline(result) -> str:
    """The drawn picture within the page, as a file of it would stay."""
    _, content = cv2.imencode('.jpg', result.plot())
    source = base64.b64encode(content).decode()
    # The names of the expressions are those of any weights file.
    return (
        f'<img alt="{escape(result.found)}" style="width: 100%" '
        f'src="data:image/jpeg;base64,{source}">'
    )
