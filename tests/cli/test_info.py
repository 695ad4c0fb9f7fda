"""``fer-yolo-mamba info``: one fact a line."""

import re

import pytest
from coloured_persons import ColourNetwork

from fer_yolo_mamba.cli import command
from fer_yolo_mamba.ops import cpu
from fer_yolo_mamba.ops.scan import _choose_automatically


@pytest.fixture
def facts(capsys):
    """What is said, by its name."""

    def call():
        command.main(['info', '--device', 'cpu'])
        return dict(re.findall('^(.+?): +(.+)$', capsys.readouterr().out, re.M))

    _choose_automatically.cache_clear()
    yield call
    _choose_automatically.cache_clear()


def test_what_the_weights_are(facts):
    said = facts()
    assert said['classes'].startswith('Anger, Disgust')
    assert 'fer_yolo_mamba_' in said['weights']
    assert said['input'] == '320x320 BGR'


def test_a_shift_for_each_class_has_its_name(facts, monkeypatch):
    class Shifted(ColourNetwork):
        shift = (0.25, -1.0)

    monkeypatch.setattr(
        'fer_yolo_mamba.cli.info.open_network', lambda *_, **__: Shifted()
    )
    said = facts()['calibration']
    assert said == 'temperature 1, shift Happy 0.25, Sad -1'


def test_which_scan_serves(facts, monkeypatch):
    monkeypatch.setattr(cpu, 'missing', lambda: None)
    assert facts()['scan'] == 'cpu'


def test_where_there_was_no_compiler(facts, monkeypatch):
    monkeypatch.setattr(cpu, 'library', lambda: 'not built')
    with pytest.warns(UserWarning, match='not built: .* a slower one serves'):
        assert facts()['scan'] == 'torch'
