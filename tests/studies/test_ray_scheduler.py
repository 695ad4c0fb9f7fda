"""Runs sent to a Ray of two CPUs, with tools that take no time."""

import os
import signal
import threading
import time

import pytest

pytest.importorskip('pyarrow')
pytest.importorskip('ray')

import ray

from fer_yolo_mamba.apis.many.cluster import Workers
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.ray_scheduler import RayScheduler


@pytest.fixture(scope='module', autouse=True)
def cluster():
    """One for all tests, which the scheduler finds started."""
    ray.init(
        address='local',
        num_cpus=2,
        object_store_memory=80 * 2**20,
        include_dashboard=False,
        logging_level='ERROR',
        log_to_driver=False,
    )
    yield
    ray.shutdown()


@pytest.fixture
def schedule(tools):
    """Makes the scheduler of runs that take so many CPUs each."""
    return lambda cpus=1: RayScheduler(tools, Workers(cpus=cpus))


def test_all_runs_are_carried_out(write_config, compare, done, schedule):
    failing = write_config('failing', dict(fails_with_seed='0'), epochs=1)
    config = write_config('tiny', epochs=1)
    states, printed = compare(config, failing, schedule=schedule())
    assert states.pop('failing seed 0').startswith(
        'failed: MemoryError: too large (exit status 1, '
    )
    assert states == {'tiny seed 0': 'done'}
    # Each stage of a task is told, and what it found.
    lines = [line for line in printed.splitlines() if 'tiny seed 0' in line]
    assert lines[0] == 'tiny seed 0: training'
    assert lines[-2:] == [
        'tiny seed 0: testing',
        'tiny seed 0: done, mean_ap % 10.00, avg_f1 0.050',
    ]
    # The other one goes on, and what is done stays so.
    write_config('failing', epochs=1)
    before = len(done())
    states, _ = compare(config, failing, schedule=schedule())
    assert set(states.values()) == {'done'}
    assert done()[before:] == ['failing 0 epoch 1 []', 'failing 0 test []']


def test_a_run_takes_its_cpus(write_config, compare, done, schedule):
    config = write_config(fake=dict(seconds=0.3), epochs=2)
    compare(config, seeds=(0, 1), schedule=schedule(cpus=2))
    seeds = [line.split()[1] for line in done()]
    assert len(seeds) == 6
    assert seeds == sorted(seeds) or seeds == sorted(seeds, reverse=True)


def test_what_fits_nowhere_is_refused(write_config, compare, schedule):
    with pytest.raises(InputError, match='of 3 CPUs and 0 GPUs fits on no'):
        compare(write_config(), schedule=schedule(cpus=3))


def test_an_interrupt_leaves_no_process(
    write_config, compare, tmp_path, schedule
):
    config = write_config(fake=dict(seconds=0.3), epochs=60)
    checkpoint = tmp_path / 'runs/tiny/seed_0/epoch_1.pth'

    def interrupt():
        deadline = time.monotonic() + 60
        while not checkpoint.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            compare(config, schedule=schedule())
    finally:
        signal.signal(signal.SIGINT, before)
    left = len(list(checkpoint.parent.glob('*.pth')))
    assert 1 <= left < 60
    time.sleep(0.7)
    assert len(list(checkpoint.parent.glob('*.pth'))) == left
