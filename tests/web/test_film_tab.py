"""A film on the page: drawn on, with a table, and gone afterwards."""

import threading
import time
from pathlib import Path

import av
import pytest
from coloured_persons import LENGTH, ColourNetwork, write_crossing
from gradio_client import Client, handle_file

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.apis import detector as apis_detector
from fer_yolo_mamba.web.page import serving


@pytest.fixture(scope='module')
def detector():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            apis_detector, 'open_network', lambda *_, **__: ColourNetwork()
        )
        return FERDetector(device='cpu')


@pytest.fixture
def ask(client):
    def call(path):
        """Message, film, timeline, CSV file."""
        _, *answer = client.predict(
            handle_file(str(path)), 0.3, 0, api_name='/film'
        )
        return answer

    return call


def test_a_film_is_drawn_on_and_its_upload_deleted(ask, temporary, tmp_path):
    film = tmp_path / 'film.mp4'
    write_crossing(film)
    message, drawn, timeline, download = ask(film)
    assert message.startswith(f'{LENGTH} frames, ')
    with av.open(drawn['video'] if isinstance(drawn, dict) else drawn) as file:
        assert file.streams.video[0].codec_context.name == 'h264'
    assert timeline['plot'].startswith('data:image/')
    rows = Path(download['value']).read_text().splitlines()
    assert rows[0].startswith('source,frame,time,track,x1')
    assert len(rows) > LENGTH
    kept = [x for x in temporary.rglob('*') if x.is_file()]
    assert kept and all(x.read_bytes() != film.read_bytes() for x in kept)


def test_text_with_the_name_of_a_film_gets_a_message(ask, temporary, tmp_path):
    film = tmp_path / 'notes.mp4'
    film.write_text('not a film')
    message, drawn, timeline, _ = ask(film)
    assert 'is no film' in message
    assert str(temporary) not in message
    assert drawn is None and timeline is None
    assert not list(temporary.rglob('notes.mp4'))


def test_a_film_that_is_gone_gets_a_message(page, tmp_path):
    look = next(x.fn for x in page.fns.values() if x.api_name == 'film')
    _, message, drawn, *_ = look(str(tmp_path / 'gone.mp4'), 0.3, 0)
    assert 'gone.mp4' in message and 'upload it again' in message
    assert drawn is None


def test_a_page_that_is_closed_gives_up_its_film(monkeypatch, tmp_path):
    class SlowNetwork(ColourNetwork):
        begun, frames = threading.Event(), 0

        def __call__(self, batch):
            self.begun.set()
            time.sleep(0.2)
            SlowNetwork.frames += len(batch)
            return super().__call__(batch)

    monkeypatch.setattr(
        apis_detector, 'open_network', lambda *_, **__: SlowNetwork()
    )
    film = tmp_path / 'film.mp4'
    write_crossing(film)
    with serving(FERDetector(device='cpu'), None) as page:
        client = Client(page.local_url, verbose=False)
        client.submit(handle_file(str(film)), 0.3, 0, api_name='/film')
        assert SlowNetwork.begun.wait(60)
    frames = SlowNetwork.frames
    time.sleep(1)
    assert SlowNetwork.frames == frames < LENGTH
