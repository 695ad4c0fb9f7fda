"""A detector that stays in use keeps nothing of what it has seen."""

from functools import partial

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.studies.benchmark.memory import MemoryGrowth, measure_memory

# Forty of the smallest pictures that could be kept, the frames of the film,
# are 15 MB.
BOUND = 10_000_000


def test_memory_is_flat(narrow_weights):
    """2,000 of each: tools/analysis/benchmark.py memory."""
    load = partial(FERDetector, narrow_weights, 'cpu')
    photographs, film = measure_memory(load, 20, 60)
    assert (photographs.few, film.many) == (20, 60)
    assert photographs.growth < BOUND, photographs
    assert film.growth < BOUND, film


def test_growth_is_told():
    used = MemoryGrowth('calls', 200, 2000, 300_000_000, 301_000_000)
    assert used.growth == used.to_dict()['growth'] == 1_000_000
    assert str(used) == 'calls: 300 MB after 200, 301 MB after 2,000'
