"""The page: served to this machine alone, or one sentence."""

import sys

import pytest
import requests

from fer_yolo_mamba.cli import command
from fer_yolo_mamba.errors import InputError

pytest.importorskip('gradio', reason='needs the extra web')

from fer_yolo_mamba.web import page as web_page
from fer_yolo_mamba.web.page import HOST, serving
from fer_yolo_mamba.web.uploads import MOST_BYTES


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


def test_a_slow_start_or_a_proxy_is_no_hindrance(detector, monkeypatch):
    # Gradio's own look at the page, which has three seconds.
    monkeypatch.setattr('gradio.networking.url_ok', lambda url: False)
    with serving(detector, None) as page:
        assert page.local_url.startswith(f'http://{HOST}:')


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
