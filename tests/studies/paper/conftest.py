"""Folders of runs as tools/compare.py leaves them."""

import pytest

from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.studies.runs import RunRecord


def report(values):
    """A test's, with the same value, by class, for every figure."""
    counts = dict(num_detections=0, num_true_positives=0)
    return dict(
        iou_thr=0.5,
        score_thr=0.5,
        face_ap=0.5,
        classes={
            name: dict(
                **dict.fromkeys(('ap', 'precision', 'recall', 'f1'), value),
                num_ground_truths=int(value is not None),
                **counts,
            )
            for name, value in values.items()
        },
    )


@pytest.fixture
def runs_dir(tmp_path):
    """An empty folder."""
    folder = tmp_path / 'runs'
    folder.mkdir()
    return folder


@pytest.fixture
def write_run(runs_dir):
    """Writes the record of one run, with the same value for every figure."""

    def write(config, seed=0, value=0.5, values=None, **record):
        values = values or dict.fromkeys(EXPRESSIONS, value)
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
            metrics={'fer': report(values)},
        )
        folder = runs_dir / config / f'seed_{seed}'
        RunRecord(**{**defaults, **record}).write(folder)
        return folder

    return write
