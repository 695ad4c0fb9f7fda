"""How often an interval holds the truth, of tests whose truth is known."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from fer_yolo_mamba.evaluation.significance import (
    Estimate,
    StratifiedBootstrap,
)
from fer_yolo_mamba.evaluation.significance.weighted import WeightedClass

IMAGES = 100
TESTS = 200
RESAMPLES = 150


def simulated(random, images, *skills):
    """Tests of detectors on the same pictures, each with seven boxes.

    Every box is detected; one in ten shows the class, and the score knows of
    that as much as the detector's skill is.
    """
    image = np.repeat(np.arange(images), 7)
    is_right = random.random(len(image)) < 0.1
    shared = random.normal(size=images)[image] + random.normal(size=len(image))
    counts = np.bincount(image[is_right], minlength=images)
    for skill in skills:
        score = shared + random.normal(size=len(image)) + skill * is_right
        order = np.argsort(-score)
        right, where = is_right[order], image[order]
        row = np.cumsum(right) - right
        early = row < right.sum()
        yield WeightedClass(
            csr_array(
                (np.ones(early.sum(), np.int64), (row[early], where[early])),
                shape=(right.sum(), images),
            ),
            where[right],
            np.stack([counts, counts, counts], 1),
        )


def observed(test, images):
    return test.average_precision(np.ones((1, images), np.int64))[0]


def test_intervals_hold_the_truth_as_often_as_they_say():
    """The percentile interval of an AP does not, because of its bias."""
    random = np.random.default_rng(0)
    skills = 0.2, 0.6
    many = 20_000
    truth = [observed(x, many) for x in simulated(random, many, *skills)]
    held = dict(basic=0, percentile=0, difference=0)
    for seed in range(TESTS):
        tests = list(simulated(random, IMAGES, *skills))
        drawn = np.concatenate(
            list(StratifiedBootstrap([0] * IMAGES, RESAMPLES, seed).counts())
        )
        (a, b), (of_a, of_b) = (
            [observed(test, IMAGES) for test in tests],
            [test.average_precision(drawn) for test in tests],
        )
        for name, found, target in (
            ('basic', Estimate.of_figure(a, of_a), truth[0]),
            ('percentile', Estimate.of_difference(a, of_a), truth[0]),
            (
                'difference',
                Estimate.of_difference(b - a, of_b - of_a),
                truth[1] - truth[0],
            ),
        ):
            held[name] += found.low <= target <= found.high
    shares = {name: count / TESTS for name, count in held.items()}
    # Of 200 at 95 % chance alone leaves from 180 to 198 or so.
    assert shares['basic'] == pytest.approx(0.95, abs=0.05)
    assert shares['difference'] == pytest.approx(0.95, abs=0.05)
    assert shares['percentile'] < 0.85
