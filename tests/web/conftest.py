"""The page as it is served, a client of its interface, and a browser."""

import shutil
import socket

import cv2
import pytest

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.apis.examples import example_pictures
from fer_yolo_mamba.visualization import write_image


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
    pytest.importorskip('gradio', reason='needs the extra web')
    from fer_yolo_mamba.web.page import HOST, serving

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


@pytest.fixture(scope='module')
def browser(portrait):
    """Chromium, whose camera always sees the portrait."""
    webdriver = pytest.importorskip('selenium.webdriver')
    programs = [shutil.which(x) for x in ('chromium', 'chromedriver')]
    if None in programs:
        pytest.skip('needs chromium and chromedriver')
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for option in ('headless=new', 'no-sandbox', 'disable-dev-shm-usage'):
        options.add_argument(f'--{option}')
    camera = portrait.with_suffix('.mjpeg')
    _, picture = cv2.imencode('.jpg', cv2.imread(str(portrait)))
    camera.write_bytes(picture.tobytes() * 2)
    for option in (
        *('use-fake-ui-for-media-stream', 'use-fake-device-for-media-stream'),
        f'use-file-for-fake-video-capture={camera}',
        'window-size=1100,1500',
    ):
        options.add_argument(f'--{option}')
    options.set_capability('goog:loggingPrefs', {'performance': 'ALL'})
    service = webdriver.ChromeService(programs[1])
    with webdriver.Chrome(options, service) as driver:
        driver.implicitly_wait(30)
        yield driver
