"""Folders of runs as tools/compare.py leaves them."""

import pytest

from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.studies.runs import RunRecord


@pytest.fixture
def runs_dir(tmp_path):
    """An empty folder."""
    folder = tmp_path / 'runs'
    folder.mkdir()
    return folder


@pytest.fixture
def write_run(runs_dir):
    """Writes the record of one run, with the same value for every figure."""

    def write(config, seed=0, value=0.5, **record):
        averages = ('mAP', 'avg_precision', 'avg_recall', 'avg_F1')
        names = [f'fer/{name}' for name in averages]
        names += [
            f'fer/{kind}/{expression}'
            for kind in ('AP', 'precision', 'recall', 'F1')
            for expression in EXPRESSIONS
        ]
        defaults = dict(
            config=f'configs/{config}.py',
            config_hash='0',
            options=(),
            seed=seed,
            epochs=300,
            data_hash='0',
            data={},
            versions={},
            finished='2026-01-01T00:00:00+00:00',
            metrics=dict.fromkeys(names, value),
        )
        folder = runs_dir / config / f'seed_{seed}'
        RunRecord(**{**defaults, **record}).write(folder)
        return folder

    return write
