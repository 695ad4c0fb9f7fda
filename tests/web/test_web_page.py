"""The page: the same faces as elsewhere, a message for what is no picture."""

import csv
import json
import shutil
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.apis.examples import example_pictures
from fer_yolo_mamba.cli import command
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.visualization import write_image

pytest.importorskip('gradio', reason='needs the extra web')

from fer_yolo_mamba.web import page as web_page
from fer_yolo_mamba.web.page import HOST, MOST_BYTES, serving


@pytest.fixture(scope='module')
def detector():
    return FERDetector(device='cpu')


@pytest.fixture(scope='module')
def portrait(tmp_path_factory):
    path = tmp_path_factory.mktemp('photographs') / 'portrait.jpg'
    write_image(path, example_pictures()['Grace Hopper'])
    return path


@pytest.fixture(scope='module')
def temporary(tmp_path_factory):
    """Where the page's temporary folder is made."""
    return tmp_path_factory.mktemp('temporary')


@pytest.fixture(scope='module')
def page(detector, temporary):
    """Served, while no address but this machine's own can be reached."""
    connect = socket.socket.connect

    def connect_here(self, address):
        if isinstance(address, tuple) and address[0] not in (HOST, '::1'):
            raise AssertionError(f'asks another host: {address}')
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, 'connect', connect_here)
        patch.setattr('tempfile.tempdir', str(temporary))
        with serving(detector, None) as page:
            yield page
    assert not list(temporary.glob('fer_yolo_mamba_*'))


@pytest.fixture(scope='module')
def client(page, tmp_path_factory):
    from gradio_client import Client

    received = tmp_path_factory.mktemp('received')
    return Client(page.local_url, verbose=False, download_files=received)


@pytest.fixture
def ask(client, detector):
    from gradio_client import handle_file

    def call(path, min_face=0):
        """Message, picture, choice of faces, scores, table, CSV file."""
        _, *answer = client.predict(
            *(handle_file(str(path)), detector.score_thr, min_face),
            api_name='/photo',
        )
        return answer

    return call


def test_a_photograph_is_answered_as_by_the_detector(
    ask, detector, portrait, temporary
):
    (result,) = detector(portrait)
    message, picture, faces, scores, table, download, _ = ask(portrait)
    assert message == result.found and len(result) > 0
    assert Path(picture).stat().st_size > 10_000
    assert len(faces['choices']) == len(result)
    assert {x['label']: x['confidence'] for x in scores['confidences']} == (
        pytest.approx(result.faces[0].scores, abs=1e-4)
    )
    assert len(table['data']) == len(result)
    with open(download['value'], newline='') as file:
        (row, *_) = csv.DictReader(file)
    assert float(row['x1']) == pytest.approx(result.faces[0].bbox[0], abs=1e-2)
    uploaded = portrait.read_bytes()
    (folder,) = temporary.glob('fer_yolo_mamba_*')
    kept = [x for x in folder.rglob('*') if x.is_file()]
    assert kept and all(x.read_bytes() != uploaded for x in kept)


def test_the_limits_count(ask, portrait):
    message, *_ = ask(portrait, min_face=200)
    assert message == 'no face'


def test_text_with_the_name_of_a_picture_gets_a_message(ask, tmp_path):
    path = tmp_path / 'notes.jpg'
    path.write_text('not a picture')
    message, picture, *_ = ask(path)
    assert 'no image' in message and picture is None


def test_an_upload_is_limited(page):
    answer = requests.post(
        f'{page.local_api_url}upload',
        files={'files': ('large.jpg', bytes(MOST_BYTES + 1))},
        timeout=60,
    )
    assert answer.status_code == 413


def test_a_browser_may_load_nothing_from_elsewhere(page):
    assert page.local_url.startswith(f'http://{HOST}:')
    assert page.share_url is None and not page.analytics_enabled
    answer = requests.get(page.local_url, timeout=60)
    policy = answer.headers['Content-Security-Policy']
    assert policy.startswith("default-src 'self';") and 'http' not in policy
    assert 'fonts.googleapis.com/css' not in answer.text


def test_a_port_that_is_taken_is_one_sentence(detector, page):
    with (
        pytest.raises(InputError, match='name another with --port'),
        serving(detector, page.server_port),
    ):
        pass


def test_without_gradio_the_command_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'gradio', None)
    monkeypatch.delitem(sys.modules, web_page.__name__)
    monkeypatch.delattr('fer_yolo_mamba.web.page')
    with pytest.raises(SystemExit) as ended:
        command.main(['web'])
    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert 'pip install "fer-yolo-mamba[web]"' in complaint
    assert complaint.count('\n') == 1


@pytest.fixture(scope='module')
def browser():
    webdriver = pytest.importorskip('selenium.webdriver')
    programs = [shutil.which(x) for x in ('chromium', 'chromedriver')]
    if None in programs:
        pytest.skip('needs chromium and chromedriver')
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for option in ('headless=new', 'no-sandbox', 'disable-dev-shm-usage'):
        options.add_argument(f'--{option}')
    options.add_argument('--window-size=1100,1500')
    options.set_capability('goog:loggingPrefs', {'performance': 'ALL'})
    service = webdriver.ChromeService(programs[1])
    with webdriver.Chrome(options, service) as driver:
        driver.implicitly_wait(30)
        yield driver


def _found(browser, words):
    """Waits for words in the page's field of what was found."""
    from selenium.webdriver.support.ui import WebDriverWait

    def says(_):
        return words in browser.execute_script(
            "return [...document.querySelectorAll('textarea, input')]"
            ".map(x => x.value).join(' ')"
        )

    WebDriverWait(browser, 60).until(says)


def test_in_a_browser(browser, page, detector, portrait, tmp_path):
    (result,) = detector(portrait)
    browser.get(page.local_url)
    field = browser.find_element('css selector', 'input[type=file]')
    field.send_keys(str(portrait))
    _found(browser, result.found)
    assert browser.find_elements('css selector', 'img[src*="/file="]')
    text = browser.find_element('tag name', 'body').text
    for expression in detector.classes:
        assert expression in text
    buttons = browser.find_elements('tag name', 'button')
    (show,) = [x for x in buttons if x.text.startswith('Show what')]
    show.click()
    assert browser.find_element('css selector', 'img[src^="data:image"]')
    notes = tmp_path / 'notes.jpg'
    notes.write_text('not a picture')
    field = browser.find_element('css selector', 'input[type=file]')
    field.send_keys(str(notes))
    _found(browser, 'no image')
    assert 'Traceback' not in browser.page_source


def test_a_browser_asks_no_other_host(browser, page):
    browser.get(page.local_url)
    _found(browser, 'Choose a photograph')
    events = [
        json.loads(x['message'])['message']
        for x in browser.get_log('performance')
    ]
    answered = {
        urlsplit(x['params']['response']['url']).hostname
        for x in events
        if x['method'] == 'Network.responseReceived'
    }
    assert HOST in answered and answered <= {HOST, None, ''}
