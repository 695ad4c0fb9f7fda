"""Turns, on a clock that the rivals move, and the peak of memory."""

import os

import pytest
import torch

from fer_yolo_mamba.studies.benchmark.measures import Series
from fer_yolo_mamba.studies.benchmark.timing import (
    in_fresh_process,
    memory_is_measurable,
    peak_extra_bytes,
    synchronized,
    take_turns,
)


class FakeClock:
    """Seconds that pass only while a rival works."""

    def __init__(self):
        self.now = 0.0
        self.calls = []

    def __call__(self):
        return self.now

    def rival(self, name, *seconds):
        """A call that takes these seconds in turn, then the last for ever."""
        left = list(seconds)

        def run():
            self.calls.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return run


def test_rivals_take_turns_after_a_warm_up():
    clock = FakeClock()
    times = take_turns(
        dict(
            # First the warm-up, which does not count.
            slow=clock.rival('slow', 100.0, 4.0, 6.0),
            fast=clock.rival('fast', 100.0, 0.25),
        ),
        rounds=2,
        turn_seconds=0.5,
        clock=clock,
    )
    assert times['slow'].values == (4.0, 6.0)
    assert times['fast'].values == (0.25, 0.25)
    # A short call is repeated until its turn is over.
    a_round = ['slow', 'fast', 'fast']
    assert clock.calls == ['slow', 'fast', *a_round, *a_round]


def test_a_turn_is_the_mean_of_its_calls():
    clock = FakeClock()
    rival = clock.rival('rival', 9.0, 1.0, 2.0, 6.0)
    times = take_turns(dict(rival=rival), 1, turn_seconds=3.5, clock=clock)
    assert times['rival'].values == (3.0,)


@pytest.mark.parametrize(
    ('values', 'median', 'spread'),
    [
        ((5.0,), 5.0, (5.0, 5.0)),
        ((3.0, 1.0), 2.0, (1.2, 2.8)),
        (tuple(map(float, range(11))), 5.0, (1.0, 9.0)),
        ((1.0, 1.0, 1.0, 1.0, 100.0), 1.0, (1.0, 60.4)),
    ],
)
def test_series(values, median, spread):
    series = Series(values)
    assert series.median == median
    assert series.spread == pytest.approx(spread)
    assert series.to_dict()['rounds'] == list(values)


def test_a_call_on_the_cpu_needs_no_synchronisation():
    assert synchronized(print, torch.device('cpu')) is print


def test_a_call_on_a_gpu_waits_for_its_end(monkeypatch):
    events = []
    monkeypatch.setattr(
        torch.cuda, 'synchronize', lambda device: events.append('waited')
    )
    synchronized(lambda: events.append('called'), torch.device('cuda'))()
    assert events == ['called', 'waited']


CPU = torch.device('cpu')
MIB = 1 << 20


@pytest.mark.skipif(
    not memory_is_measurable(CPU), reason='measured on Linux alone'
)
def two_after_another():
    for _ in range(2):
        torch.ones(64 * MIB, dtype=torch.uint8)


def peaks():
    nothing = peak_extra_bytes(lambda: None, CPU)
    return nothing, peak_extra_bytes(two_after_another, CPU)


def test_the_peak_and_not_what_stays():
    # In this process, memory that other tests have freed would be used again.
    nothing, peak = in_fresh_process(peaks)
    assert nothing < MIB
    # Each is freed before the next: the peak is one of them.
    assert 63 * MIB < peak < 80 * MIB


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_the_peak_on_a_gpu():
    def run():
        for _ in range(2):
            torch.ones(64 * MIB, dtype=torch.uint8, device='cuda')

    assert peak_extra_bytes(run, torch.device('cuda')) == 64 * MIB


def test_a_fresh_process_is_another_one():
    assert in_fresh_process(os.getpid) != os.getpid()
