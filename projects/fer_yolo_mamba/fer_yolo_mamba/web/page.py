"""The page on Gradio: what it shows, and how it is served to this machine."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..apis import FERDetector
from ..errors import InputError

try:
    import gradio as gr
    from starlette.datastructures import MutableHeaders
    from starlette.middleware import Middleware
except ImportError as error:
    raise InputError(
        'the page needs Gradio: pip install "fer-yolo-mamba[web]".'
    ) from error

from .camera_tab import camera_tab
from .film import Screening
from .film_tab import film_tab
from .photo_tab import photo_tab
from .uploads import LIFETIME, MOST_BYTES, temporary_folder

HOST = '127.0.0.1'

# Seconds after which the files that the page shows are looked over.
_ROUND = 60
# Gradio's own page names a script of another host, which no browser loads now.
_OWN_HOST = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:;"
    " style-src 'self' 'unsafe-inline'; font-src 'self' data:;"
    " img-src 'self' data: blob:; media-src 'self' data: blob:;"
    " worker-src 'self' blob:"
)


@contextmanager
def serving(detector: FERDetector, port: int | None) -> Iterator[gr.Blocks]:
    """Serves the page to this machine alone, as long as the context is open.

    What is uploaded lies in a temporary folder until it is answered. A film
    under way is given up when the context is left.

    Args:
        detector: Looks at the photographs.
        port: Where, or None for the first free one that Gradio finds.

    Yields:
        The page; its ``local_url`` is where a browser finds it.

    Raises:
        InputError: The port is taken.
    """
    screening = Screening()
    with temporary_folder():
        page = make_page(detector, screening)
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
                # No look at the page before it is given out: that has three
                # seconds, and takes the way through a proxy.
                _frontend=False,
            )
        except OSError as error:
            raise InputError(
                f'port {port} cannot be used ({error}): name another with '
                '--port.'
            ) from error
        try:
            yield page
        finally:
            screening.end()
            page.close(verbose=False)


def make_page(detector: FERDetector, screening: Screening) -> gr.Blocks:
    """Lays out the page and says what each of its parts does.

    Args:
        detector: See :func:`serving`.
        screening: Of films.
    """
    with gr.Blocks(
        title='FER-YOLO-Mamba',
        analytics_enabled=False,
        delete_cache=(_ROUND, LIFETIME),
    ) as page:
        gr.Markdown('# Faces and their expressions')
        with gr.Tab('Photo'):
            photo_tab(detector)
        with gr.Tab('Video'):
            film_tab(detector, screening)
        with gr.Tab('Camera'):
            camera_tab(detector)
    return page


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
