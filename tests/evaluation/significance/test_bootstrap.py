"""What is drawn: sizes of strata, seeds, blocks, and how often."""

import numpy as np
import pytest
from generated_records import drawn_records, matched_of

from fer_yolo_mamba.evaluation.significance import (
    StratifiedBootstrap,
    WeightedReport,
)

STRATA = ['b', 'a', 'b', 'c', 'b', 'a']


def drawn(strata=STRATA, resamples=500, seed=0):
    bootstrap = StratifiedBootstrap(strata, resamples, seed)
    return np.concatenate(list(bootstrap.counts()))


@pytest.mark.parametrize(('stratum', 'size'), [('a', 2), ('b', 3), ('c', 1)])
def test_every_resample_has_as_many_images_of_each_stratum(stratum, size):
    of_stratum = np.array([s == stratum for s in STRATA])
    assert (drawn()[:, of_stratum].sum(axis=1) == size).all()


def test_images_of_a_stratum_are_equally_likely():
    counts = drawn(resamples=20_000)
    assert counts.mean(axis=0) == pytest.approx(np.ones(6), abs=0.03)
    # of n draws with probability 1 / n
    variance = [2 / 3, 1 / 2, 2 / 3, 0, 2 / 3, 1 / 2]
    assert counts.var(axis=0) == pytest.approx(variance, abs=0.03)


def test_the_seed_alone_decides():
    assert (drawn(seed=1) == drawn(seed=1)).all()
    assert (drawn(seed=1) != drawn(seed=2)).any()


def test_blocks_add_up():
    bootstrap = StratifiedBootstrap(['a'] * 50_000, resamples=5)
    sizes = [len(block) for block in bootstrap.counts()]
    assert sizes == [2, 2, 1]
    assert StratifiedBootstrap(STRATA).num_alone == 1


def test_reports_share_their_resamples_and_progress_is_told():
    records = drawn_records(0)
    report = WeightedReport.of(matched_of(records))
    told = []
    bootstrap = StratifiedBootstrap.of_images(matched_of(records), 30, 0)
    first, second = bootstrap.figures([report] * 2, lambda *n: told.append(n))
    assert told[-1] == (30, 30)
    for name, values in first.items():
        assert values.shape == (30,)
        assert (values == second[name]).all()
