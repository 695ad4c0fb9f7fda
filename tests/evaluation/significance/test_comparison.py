"""Two dumps compared: what must hold whatever the figures are."""

import json
from dataclasses import replace

import pytest
from generated_records import NAMES, drawn_predictions

from fer_yolo_mamba.evaluation import MatchedClasses
from fer_yolo_mamba.evaluation.significance import (
    Comparison,
    Estimate,
    Intervals,
)
from fer_yolo_mamba.files import json_text


def drawn(seed, skill=0.7, **options):
    return drawn_predictions(seed, skill=skill, ignored=0, **options)


def test_against_itself_nothing_differs():
    test = drawn(1)
    compared = Comparison.of(test, test, resamples=50)
    assert set(compared.figures) == {
        'mean_ap',
        'avg_f1',
        *(f'ap {name}' for name in NAMES),
    }
    for figure in compared.figures.values():
        assert figure.difference == Estimate(0, 0, 0)
        assert figure.superiority == 0.5
        assert figure.first == figure.second
    assert compared.decisions.p_value == 1


def test_a_better_detector_is_told_from_a_worse_one():
    good, bad = drawn(1, skill=0.95), drawn(2, skill=0.2)
    gain = Comparison.of(good, bad, resamples=200).figures['mean_ap']
    assert gain.difference.low > 0.1
    assert gain.superiority == 1
    loss = Comparison.of(bad, good, resamples=200).figures['mean_ap']
    assert loss.superiority == 0
    assert loss.difference.value == -gain.difference.value
    assert loss.difference.low == pytest.approx(-gain.difference.high)


def test_a_test_has_the_same_intervals_alone_and_compared():
    first, second = drawn(1), drawn(2)
    alone = Intervals.of(MatchedClasses.of(first), resamples=100, seed=4)
    compared = Comparison.of(first, second, resamples=100, seed=4)
    assert alone.figures == {
        name: figure.first for name, figure in compared.figures.items()
    }
    decisions = compared.decisions
    assert alone.num_right == decisions.both + decisions.only_first


def test_folder_and_order_of_the_images_are_without_effect():
    here, there = drawn(1), drawn(2, folder='/mnt/faces')
    turned = replace(there, images=there.images[::-1])
    expected, found = (
        Comparison.of(here, other, resamples=20).to_dict()
        for other in (there, turned)
    )
    assert found == expected


def test_results_can_be_saved_as_json():
    first = drawn(1)
    for result in (
        Intervals.of(MatchedClasses.of(first), resamples=5),
        Comparison.of(first, first, 5),
    ):
        json.loads(json_text(result.to_dict()), parse_constant=pytest.fail)
