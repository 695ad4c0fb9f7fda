"""The tab for a photograph: its faces, their scores, what was looked at."""

from html import escape

import cv2
import gradio as gr
import numpy as np

from ..apis import FERDetector, FERResult
from ..apis.examples import example_pictures
from ..apis.heatmaps import HeatmapMethod
from ..errors import InputError
from .limits import limit_sliders
from .photo import explain_face, find_faces
from .uploads import LIFETIME, new_folder, taken

_HINT = 'Choose a photograph, or one of the examples.'
# Columns of the table that a single photograph leaves empty.
_EMPTY = ['source', 'frame', 'time', 'track']


def photo_tab(detector: FERDetector) -> None:
    """Lays out the tab and says what each of its parts does."""
    examples = example_pictures()
    state = gr.State(None, time_to_live=LIFETIME)
    with gr.Row():
        with gr.Column():
            upload = gr.File(label='Photograph', type='filepath', height=140)
            with gr.Row():
                buttons = {
                    name: gr.Button(name, size='sm') for name in examples
                }
            limits = limit_sliders(detector)
        with gr.Column():
            message = gr.Textbox(_HINT, label='Found', interactive=False)
            # Without Gradio's own button that shares a picture elsewhere.
            drawn = gr.Image(
                label='Faces',
                format='jpeg',
                interactive=False,
                buttons=['download', 'fullscreen'],
            )
            faces = gr.Radio([], label='Face')
            scores = gr.Label(
                label='Scores', num_top_classes=len(detector.classes)
            )
    table = gr.Dataframe(label='Faces', interactive=False)
    download = gr.DownloadButton('Download as CSV', interactive=False)
    with gr.Row():
        method = gr.Dropdown(
            [method.value for method in HeatmapMethod], label='Heatmap'
        )
        show = gr.Button('Show what the network looks at')
    heatmap = gr.Plot(label='Heatmap')

    outputs = [
        *(state, message, drawn, faces, scores, table, download, heatmap)
    ]

    def look(
        picture: bytes | np.ndarray, least: float, smallest: float
    ) -> tuple:
        try:
            result = find_faces(detector, picture, least, smallest)
        except InputError as error:
            return _nothing(str(error))
        return _shown(result)

    def look_at_file(path: str, *limits: float) -> tuple:
        # Emptied, the field takes the next photograph.
        try:
            with taken(path) as file:
                content = file.read_bytes()
        except InputError as error:
            return None, *_nothing(str(error))
        return None, *look(content, *limits)

    def look_again(result: FERResult | None, *limits: float) -> tuple:
        # A result without a face is false.
        if result is None:
            return _nothing(_HINT)
        return look(result.image, *limits)

    def explain(
        result: FERResult | None, face: int | None, method: str, *limits: float
    ):
        if result is None:
            raise gr.Error(_HINT, print_exception=False)
        try:
            return explain_face(detector, result, face, method, *limits)
        except InputError as error:
            # Gradio shows it as HTML.
            said = escape(str(error))
            raise gr.Error(said, print_exception=False) from error

    upload.upload(
        look_at_file, [upload, *limits], [upload, *outputs], api_name='photo'
    )
    for name, button in buttons.items():
        button.click(
            lambda *limits, name=name: look(examples[name], *limits),
            *(limits, outputs),
            api_visibility='private',
        )
    for slider in limits:
        # Of all that a dragged slider says, the last counts.
        slider.input(
            *(look_again, [state, *limits], outputs),
            trigger_mode='always_last',
            api_visibility='private',
        )
    faces.input(_scores_of, [state, faces], scores, api_visibility='private')
    show.click(
        *(explain, [state, faces, method, *limits], heatmap),
        api_visibility='private',
    )


def _shown(result: FERResult) -> tuple:
    """The values of the outputs, for a photograph that was looked at."""
    names = [
        (f'{number}: {face.expression} {face.score:.2f}', number - 1)
        for number, face in enumerate(result.faces, 1)
    ]
    first = 0 if names else None
    table = result.to_frame().drop(columns=_EMPTY)
    path = new_folder() / 'faces.csv'
    table.to_csv(path, index=False)
    return (
        result,
        result.found,
        cv2.cvtColor(result.plot(), cv2.COLOR_BGR2RGB),
        gr.Radio(names, value=first),
        _scores_of(result, first),
        table.round(2),
        gr.DownloadButton(value=str(path), interactive=True),
        None,
    )


def _nothing(message: str) -> tuple:
    """The values of the outputs, where there is nothing but a message."""
    return (
        *(None, message, None, gr.Radio([], value=None), None, None),
        *(gr.DownloadButton(value=None, interactive=False), None),
    )


def _scores_of(
    result: FERResult | None, face: int | None
) -> dict[str, float] | None:
    if result is None or face is None:
        return None
    return result.faces[face].scores
