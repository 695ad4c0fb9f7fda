"""What measures predict-many."""

import os
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


@pytest.mark.parametrize(('last', 'pictures'), [(3, 14), (1, 18)])
def test_the_last_shard_may_be_smaller(last, pictures, tmp_path):
    # Four shards of six pictures and one of two, one second apart.
    order = [0, 1, 2, 3]
    order.insert(last, 4)
    for second, shard in enumerate(order):
        path = tmp_path / f'{shard:09}.parquet'
        path.touch()
        os.utime(path, (second, second))
    tables = [*tmp_path.iterdir()]
    # In the three seconds from the second table on.
    assert scale._rate(tables, 26, 6) == pytest.approx(pictures / 3)


def test_two_shards_tell_no_rate(tmp_path):
    with pytest.raises(InputError, match=r'12 pictures are 2 shards.*than 12'):
        scale._rate([tmp_path, tmp_path], 12, 6)


def test_a_driver_that_is_slow_keeps_workers_waiting():
    assert scale.simulate([1.0], 0.0, 4, 40) == pytest.approx(4)
    assert scale.simulate([1.0], 0.5, 4, 40) == pytest.approx(2, rel=0.1)
