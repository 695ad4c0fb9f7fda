"""The page in Chromium: by mouse, by keyboard, on a phone, dark and light."""

import json
import re
from urllib.parse import urlsplit

import cv2
import pytest

from fer_yolo_mamba.apis.examples import example_pictures
from fer_yolo_mamba.visualization import write_image

pytest.importorskip('selenium', reason='needs the extra dev')
pytest.importorskip('gradio', reason='needs the extra web')

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.ui import WebDriverWait

TABS = 'Photo', 'Video', 'Camera'
PHONE = {'width': 390, 'height': 844, 'deviceScaleFactor': 2, 'mobile': True}


@pytest.fixture
def opened(browser, page):
    browser.get_log('performance')  # what was asked for before
    browser.get(page.local_url)
    _wait_for(browser, 'Choose a photograph')
    return browser


def _wait_for(browser, words):
    """Until a field of what was found has these words."""
    _until(browser, lambda _: words in _said(browser))


def _until(browser, is_so):
    # While one looks, the page may replace what one looks at.
    wait = WebDriverWait(browser, 60, 0.1, [StaleElementReferenceException])
    return wait.until(is_so)


def _said(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('textarea, input')]"
        ".map(x => x.value).join(' ')"
    )


def _press(browser, words, kind='button:not([role=tab], [tabindex="-1"])'):
    """Clicks on the button that begins with these words, once it is there."""

    def shown(_):
        found = browser.find_elements('css selector', kind)
        return [x for x in found if x.text.strip().startswith(words)]

    (button,) = _until(browser, shown)
    button.click()


def _turn_to(browser, tab):
    _press(browser, tab, '[role=tab]')


def _events(browser, method):
    messages = (
        json.loads(x['message'])['message']
        for x in browser.get_log('performance')
    )
    return [x['params'] for x in messages if x['method'] == method]


def test_a_photograph(opened, detector, portrait, tmp_path):
    (result,) = detector(portrait)
    field = opened.find_element('css selector', 'input[type=file]')
    field.send_keys(str(portrait))
    _wait_for(opened, result.found)
    assert opened.find_elements('css selector', 'img[src*="/file="]')
    text = opened.find_element('tag name', 'body').text
    for expression in detector.classes:
        assert expression in text
    _press(opened, 'Show what')
    assert opened.find_element('css selector', 'img[src^="data:image"]')
    notes = tmp_path / 'notes.jpg'
    notes.write_text('not a picture')
    field = opened.find_element('css selector', 'input[type=file]')
    field.send_keys(str(notes))
    _wait_for(opened, 'no image')
    assert 'Traceback' not in opened.page_source


def test_a_film(opened, portrait):
    path = portrait.with_suffix('.avi')
    height, width = cv2.imread(str(portrait)).shape[:2]
    fourcc = cv2.VideoWriter.fourcc(*'MJPG')
    film = cv2.VideoWriter(str(path), fourcc, 25, (width, height))
    for _ in range(5):
        film.write(cv2.imread(str(portrait)))
    film.release()
    _turn_to(opened, 'Video')
    field = opened.find_element('css selector', 'input[accept^=video]')
    field.send_keys(str(path))
    _wait_for(opened, '5 frames, 5 faces of 1 person')
    shown = opened.find_element('tag name', 'video')
    # The browser can play it: it has come to know its size.
    _until(
        opened,
        lambda _: shown.get_property('videoWidth') == width + width % 2,
    )


def test_a_camera(opened, detector, portrait, temporary):
    _turn_to(opened, 'Camera')
    _press(opened, 'Click to Access')
    before = {x for x in temporary.rglob('*') if x.is_file()}
    _press(opened, 'Record')
    (result,) = detector(portrait)
    _wait_for(opened, result.faces[0].expression)
    assert opened.find_element('css selector', 'img[src^="data:image/jpeg"]')
    _press(opened, 'Stop')
    assert {x for x in temporary.rglob('*') if x.is_file()} <= before


def test_by_keyboard_alone(opened, detector, tmp_path):
    path = tmp_path / 'two.png'
    write_image(path, example_pictures()['Drawn faces'])
    (result,) = detector(path)
    assert len(result) > 1
    opened.execute_cdp_cmd(
        'Page.setInterceptFileChooserDialog', {'enabled': True}
    )
    _tab_to(opened, 'Click to Upload')
    _type(opened, Keys.ENTER)
    (chooser,) = _events(opened, 'Page.fileChooserOpened')
    opened.execute_cdp_cmd(
        'DOM.setFileInputFiles',
        {'files': [str(path)], 'backendNodeId': chooser['backendNodeId']},
    )
    _wait_for(opened, result.found)
    second = result.faces[1]
    _tab_to(opened, f'2: {second.expression}')
    _type(opened, Keys.SPACE)
    best = '[data-testid=label-output-value]'

    def shows_second(_):
        shown = opened.find_element('css selector', best).text
        return shown == second.expression

    _until(opened, shows_second)
    _tab_to(opened, 'Show what')
    _type(opened, Keys.ENTER)
    assert opened.find_element('css selector', 'img[src^="data:image"]')


def _type(browser, key):
    ActionChains(browser).send_keys(key).perform()


def _tab_to(browser, words):
    """Presses Tab until what has the focus has these words."""
    for _ in range(40):
        _type(browser, Keys.TAB)
        focused = browser.execute_script(
            'const x = document.activeElement;'
            "return (x.closest('label') ?? x).textContent"
        )
        if words in focused and len(focused) < 200:
            return
    raise AssertionError(f'Tab does not reach {words!r}')


def test_a_phone_scrolls_in_one_direction(opened):
    opened.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', PHONE)
    try:
        _press(opened, 'Grace Hopper')
        opened.find_element('css selector', 'img[src*="/file="]')
        for tab in TABS:
            _turn_to(opened, tab)
            assert (
                opened.execute_script(
                    'return document.documentElement.scrollWidth'
                )
                == PHONE['width']
            )
    finally:
        opened.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_it_is_as_light_as_the_rest(scheme, browser, page):
    feature = {'name': 'prefers-color-scheme', 'value': scheme}
    browser.execute_cdp_cmd(
        'Emulation.setEmulatedMedia', {'features': [feature]}
    )
    browser.get(page.local_url)
    _wait_for(browser, 'Choose a photograph')
    colour = browser.find_element('tag name', 'body').value_of_css_property(
        'background-color'
    )
    red = int(re.search(r'\d+', colour)[0])
    assert (red > 127) == (scheme == 'light')


def test_no_other_host_is_asked(opened):
    from fer_yolo_mamba.web.page import HOST

    for tab in TABS:
        _turn_to(opened, tab)
    _press(opened, 'Click to Access')
    _press(opened, 'Record')
    opened.find_element('css selector', 'img[src^="data:image/jpeg"]')
    answered = {
        urlsplit(x['response']['url']).hostname
        for x in _events(opened, 'Network.responseReceived')
    }
    assert HOST in answered and answered <= {HOST, None, ''}
