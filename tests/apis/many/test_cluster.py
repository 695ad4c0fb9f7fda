"""How many workers a cluster has room for."""

import pytest

from fer_yolo_mamba.apis.many.cluster import Workers, room
from fer_yolo_mamba.errors import InputError

MACHINES = [{'CPU': 4.0, 'GPU': 1.0}, {'CPU': 6.0}, {}]


@pytest.mark.parametrize(
    ('workers', 'count'),
    [
        (Workers(), 10),
        (Workers(cpus=4), 2),
        (Workers(cpus=1, gpus=0.25), 4),
        (Workers(cpus=0.5, gpus=1), 1),
    ],
)
def test_each_is_on_one_machine(workers, count):
    assert room(MACHINES, workers) == count


@pytest.mark.parametrize('workers', [Workers(cpus=8), Workers(gpus=2)])
def test_more_than_any_machine_has(workers):
    with pytest.raises(InputError, match=r'at most 6 CPUs and 1 GPUs\. Give'):
        room(MACHINES, workers)
