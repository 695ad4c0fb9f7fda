"""SimOTA of a batch at once beside mmyolo's loop."""

import torch

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.studies.benchmark.assignments import compare_assignment


def test_both_are_timed_alone_and_with_losses(narrow_config):
    config = load_config(narrow_config)
    pairs = list(compare_assignment(config, 64, 2, torch.device('cpu'), 1))
    assert [pair.measure for pair in pairs] == ['SimOTA', 'SimOTA and losses']
    for pair in pairs:
        assert pair.is_speedup
        assert pair.setting == '64×64, batch 2, a face each'
        assert all(x > 0 for x in (*pair.series.values, *pair.rival.values))
