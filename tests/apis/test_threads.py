"""What reads ahead in threads can be abandoned."""

from itertools import count
from queue import SimpleQueue
from threading import Event

import pytest

from fer_yolo_mamba.apis.many import places
from fer_yolo_mamba.apis.many.places import read_places
from fer_yolo_mamba.apis.sources import batches_ahead
from fer_yolo_mamba.apis.threads import AbandonablePool


class SlowReading:
    """Reads number 0 at once, and the others only when it may end.

    Attributes:
        has_begun: Whether another one is being read.
        may_end: Whether it may end.
        waited: Of each of the others, whether it was told to end.
    """

    def __init__(self):
        self.has_begun, self.may_end = Event(), Event()
        self.waited = SimpleQueue()

    def read(self, number):
        if number:
            self.has_begun.set()
            self.waited.put(self.may_end.wait(20))
        return number


@pytest.fixture(params=['batches', 'places'])
def abandoned(request, monkeypatch):
    """A slow reading, and a generator that reads ahead by it."""
    reading = SlowReading()
    if request.param == 'batches':
        return reading, batches_ahead(map(reading.read, count()), 1)
    monkeypatch.setattr(places, 'is_address', lambda name: False)
    monkeypatch.setattr(places, '_content', reading.read)
    return reading, read_places(count())


def test_its_end_waits_for_no_thread(abandoned):
    """The garbage collector ends it amid anything: waiting could hang."""
    reading, generator = abandoned
    next(generator)
    assert reading.has_begun.wait(20)
    generator.close()
    reading.may_end.set()
    assert reading.waited.get()


def test_what_has_not_begun_is_left():
    reading = SlowReading()
    with AbandonablePool(1) as pool:
        first, second = pool.submit(reading.read, 1), pool.submit(reading.read)
        assert reading.has_begun.wait(20)
    assert second.cancelled()
    assert not first.done()
    reading.may_end.set()
    assert first.result() == 1
