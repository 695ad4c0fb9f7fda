"""The tab for a film: drawn on, with its expressions over time."""

import gradio as gr

from ..apis import FERDetector
from ..errors import InputError
from .film import MOST_FRAMES, Screening, annotate_film
from .limits import limit_sliders
from .photo import limited
from .uploads import MOST_BYTES, new_folder, taken

_HINT = (
    f'Choose a film of at most {MOST_BYTES // 2**20} MiB, of which the first '
    f'{MOST_FRAMES} frames are looked at: half a minute.'
)


def film_tab(detector: FERDetector, screening: Screening) -> None:
    """Lays out the tab and says what each of its parts does.

    Args:
        detector: Looks at the frames.
        screening: Whose end is that of a film under way.
    """
    with gr.Row():
        with gr.Column():
            upload = gr.File(
                label='Film', type='filepath', file_types=['video'], height=140
            )
            limits = limit_sliders(detector)
        with gr.Column():
            message = gr.Textbox(_HINT, label='Found', interactive=False)
            drawn = gr.Video(
                label='Faces', interactive=False, buttons=['download']
            )
    timeline = gr.Plot(show_label=False)
    download = gr.DownloadButton('Download as CSV', interactive=False)

    def look(
        path: str,
        score_thr: float,
        min_face: float,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple:
        try:
            with taken(path) as film, screening.running() as check:

                def tell(done: int, total: int) -> None:
                    check()
                    progress((done, total), unit='frames')

                answer = annotate_film(
                    limited(detector, score_thr, min_face),
                    film,
                    new_folder(),
                    tell,
                )
        except InputError as error:
            nothing = gr.DownloadButton(value=None, interactive=False)
            return None, str(error), None, None, nothing
        table = gr.DownloadButton(value=str(answer.table), interactive=True)
        return None, answer.found, str(answer.drawn), answer.timeline, table

    upload.upload(
        look,
        [upload, *limits],
        [upload, message, drawn, timeline, download],
        show_progress_on=drawn,
        api_name='film',
    )
