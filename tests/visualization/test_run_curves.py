"""The curves of a run, resumed after its first epoch."""

import json

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import (
    ClassResult,
    DetectionReport,
    write_metric_files,
)
from fer_yolo_mamba.visualization import plot_run


@pytest.fixture
def run(tmp_path):
    parts = {
        '20260101_000000': [(1, 1, 9.0), (2, 1, 8.0), (3, 2, 99.0)],
        '20260102_000000': [(3, 2, 7.0), (4, 2, 6.0)],
    }
    for name, steps in parts.items():
        folder = tmp_path / name / 'vis_data'
        folder.mkdir(parents=True)
        lines = [
            json.dumps(dict(step=step, epoch=epoch, loss=loss, loss_cls=loss))
            for step, epoch, loss in steps
        ]
        # A validation's line, which is no training step.
        lines.append(json.dumps({'fer/mAP': 0.5, 'step': 1}))
        (folder / 'scalars.json').write_text('\n'.join(lines))
    for epoch, value in ((1, 0.25), (2, 0.5)):
        happy = ClassResult('Happy', value, value, value, value, 4, 4, 4)
        reports = {'fer': DetectionReport((happy,), 0.5, 0.5)}
        write_metric_files(tmp_path / 'metrics', reports, {}, 'val', epoch)
    return tmp_path


def test_curves(run):
    losses, metrics = plot_run(run).axes
    total, classes = losses.lines
    assert total.get_label() == 'loss'
    # What the resumed part did again counts once, as it did it.
    assert list(total.get_ydata()) == [9.0, 8.0, 7.0, 6.0]
    assert list(total.get_xdata()) == [0.5, 1.0, 1.5, 2.0]
    assert classes.get_label() == 'loss_cls'
    for line in metrics.lines:
        assert list(line.get_xdata()) == [1, 2]
        assert list(line.get_ydata()) == [0.25, 0.5]


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(InputError, match='no training log'):
        plot_run(tmp_path)
