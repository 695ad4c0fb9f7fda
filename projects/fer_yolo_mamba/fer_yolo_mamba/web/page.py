"""The page on Gradio: what it shows, and how it is served to this machine."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..apis import FERDetector, FERResult
from ..apis.examples import example_pictures
from ..apis.heatmaps import HeatmapMethod
from ..errors import InputError
from .photo import explain_face, find_faces

try:
    import gradio as gr
    from starlette.datastructures import MutableHeaders
    from starlette.middleware import Middleware
except ImportError as error:
    raise InputError(
        'the page needs Gradio: pip install "fer-yolo-mamba[web]".'
    ) from error

HOST = '127.0.0.1'
#: Largest file that is taken.
MOST_BYTES = 32 * 2**20

# Files that the page shows live so long, and are looked over so often: seconds.
_LIFETIME, _ROUND = 600, 60
# Gradio's own page names a script of another host, which no browser loads now.
_OWN_HOST = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:;"
    " style-src 'self' 'unsafe-inline'; font-src 'self' data:;"
    " img-src 'self' data: blob:; media-src 'self' data: blob:;"
    " worker-src 'self' blob:"
)
_HINT = 'Choose a photograph, or one of the examples.'
# Columns of the table that a single photograph leaves empty.
_EMPTY = ['source', 'frame', 'time', 'track']


@contextmanager
def serving(detector: FERDetector, port: int | None) -> Iterator[gr.Blocks]:
    """Serves the page to this machine alone, as long as the context is open.

    What is uploaded lies in a temporary folder until it is answered.

    Args:
        detector: Looks at the photographs.
        port: Where, or None for the first free one that Gradio finds.

    Yields:
        The page; its ``local_url`` is where a browser finds it.

    Raises:
        InputError: The port is taken.
    """
    with _temporary_folder():
        page = make_page(detector)
        try:
            page.launch(
                server_name=HOST,
                server_port=port,
                share=False,
                prevent_thread_lock=True,
                quiet=True,
                ssr_mode=False,
                max_file_size=MOST_BYTES,
                theme=_theme(),
                footer_links=[],
                app_kwargs={'middleware': [Middleware(_OwnHostOnly)]},
            )
        except OSError as error:
            raise InputError(
                f'port {port} cannot be used ({error}): name another with '
                '--port.'
            ) from error
        try:
            yield page
        finally:
            page.close(verbose=False)


def make_page(detector: FERDetector) -> gr.Blocks:
    """Lays out the page and says what each of its parts does."""
    with gr.Blocks(
        title='FER-YOLO-Mamba',
        analytics_enabled=False,
        delete_cache=(_ROUND, _LIFETIME),
    ) as page:
        gr.Markdown('# Faces and their expressions')
        with gr.Tab('Photo'):
            _photo_tab(detector)
    return page


def _photo_tab(detector: FERDetector) -> None:
    examples = example_pictures()
    state = gr.State(None, time_to_live=_LIFETIME)
    with gr.Row():
        with gr.Column():
            upload = gr.File(label='Photograph', type='filepath', height=140)
            with gr.Row():
                buttons = {
                    name: gr.Button(name, size='sm') for name in examples
                }
            score_thr = gr.Slider(
                *(0.01, 0.99, detector.score_thr),
                step=0.01,
                label='Least score of a face',
            )
            min_face = gr.Slider(
                *(0, 200, detector.min_face),
                step=2,
                label='Smallest face (pixels)',
            )
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

    limits = [score_thr, min_face]
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
        return None, *look(_taken(path), *limits)

    def look_again(result: FERResult | None, *limits: float) -> tuple:
        return look(result.image, *limits) if result else _nothing(_HINT)

    def explain(result: FERResult | None, face: int | None, method: str):
        if result is None:
            raise gr.Error(_HINT, print_exception=False)
        try:
            return explain_face(detector, result, face, method)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from error

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
        *(explain, [state, faces, method], heatmap),
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
    folder = tempfile.mkdtemp(dir=os.environ.get('GRADIO_TEMP_DIR'))
    path = Path(folder, 'faces.csv')
    table.to_csv(path, index=False)
    return (
        result,
        result.found,
        np.ascontiguousarray(result.plot()[..., ::-1]),
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


def _taken(path: str) -> bytes:
    """What an uploaded file holds, which then exists no more."""
    file = Path(path)
    try:
        return file.read_bytes()
    finally:
        file.unlink()


@contextmanager
def _temporary_folder() -> Iterator[None]:
    """Has Gradio keep its files where they are gone in the end."""
    name = 'GRADIO_TEMP_DIR'
    before = os.environ.get(name)
    with tempfile.TemporaryDirectory(prefix='fer_yolo_mamba_') as folder:
        os.environ[name] = folder
        try:
            yield
        finally:
            del os.environ[name]
            if before is not None:
                os.environ[name] = before


def _theme() -> gr.themes.Base:
    """One whose fonts are the machine's own."""
    return gr.themes.Base(
        font=['system-ui', 'sans-serif'],
        font_mono=['ui-monospace', 'monospace'],
    )


class _OwnHostOnly:
    """Middleware: no browser loads anything from another host."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        async def send_with_policy(message) -> None:
            if message['type'] == 'http.response.start':
                headers = MutableHeaders(scope=message)
                headers['Content-Security-Policy'] = _OWN_HOST
            await send(message)

        await self.app(scope, receive, send_with_policy)
