"""What measures predict-many."""

import sys

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies import scale


def test_a_command_that_fails_is_told_by_its_last_line(tmp_path, monkeypatch):
    program = (
        'import sys; print("a warning\\nerror: no weights", file=sys.stderr); '
        'sys.exit(2)'
    )
    monkeypatch.setattr(scale, '_COMMAND', (sys.executable, '-c', program))
    with pytest.raises(InputError, match=r'^predict fails: no weights$'):
        scale.run_predict(tmp_path, tmp_path, [])


def test_a_driver_that_is_slow_keeps_workers_waiting():
    assert scale.simulate([1.0], 0.0, 4, 40) == pytest.approx(4)
    assert scale.simulate([1.0], 0.5, 4, 40) == pytest.approx(2, rel=0.1)
