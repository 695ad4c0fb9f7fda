"""The curves of a run are those of what it wrote."""

import json

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.evaluation import DetectionReport, write_metric_files
from fer_yolo_mamba.evaluation.report import ClassResult
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
        happy = ClassResult(value, value, value, 4, 4, 'Happy', value, 4)
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


def test_a_training_stopped_within_an_epoch(tmp_path):
    """Of 767 iterations an epoch, every 50th of which is logged."""
    folder = tmp_path / '20260101_000000' / 'vis_data'
    folder.mkdir(parents=True)
    steps = [(step, 1) for step in range(50, 751, 50)] + [(817, 2)]
    lines = [json.dumps(dict(step=s, epoch=e, loss=1.0)) for s, e in steps]
    (folder / 'scalars.json').write_text('\n'.join(lines))
    epochs = plot_run(tmp_path).axes[0].lines[0].get_xdata()
    assert list(epochs) == [step / 767 for step, _ in steps]


def test_a_lone_epoch_is_taken_for_a_whole_one(run):
    first, _ = sorted(run.glob('*/vis_data/scalars.json'))
    first.unlink()
    assert list(plot_run(run).axes[0].lines[0].get_xdata()) == [1.5, 2.0]


def test_a_lone_entry_is_to_be_seen(run):
    first, second = sorted(run.glob('*/vis_data/scalars.json'))
    second.unlink()
    assert plot_run(run).axes[0].lines[0].get_marker() == 'None'
    first.write_text(first.read_text().splitlines()[0])
    assert plot_run(run).axes[0].lines[0].get_marker() == 'o'


def test_curves_of_a_training_that_counts_iterations(run):
    for path in run.glob('*/vis_data/scalars.json'):
        path.write_text(path.read_text().replace('"epoch"', '"other"'))
    losses, metrics = plot_run(run).axes
    assert losses.get_xlabel() == metrics.get_xlabel() == 'iteration'
    assert list(losses.lines[0].get_xdata()) == [1, 2, 3, 4]


def test_the_last_line_of_a_killed_training_may_be_cut(run):
    (*_, log) = sorted(run.glob('*/vis_data/scalars.json'))
    whole = log.read_text()
    log.write_text(whole + '\n{"loss": 1.5, "st')
    assert len(plot_run(run).axes[0].lines[0].get_xdata()) == 4


@pytest.mark.parametrize(
    'line',
    [
        '{"loss": 1',
        '{"loss": 1, "step": 1e999}',
        '{"loss": 1, "step": 1, "epoch": 1e999}',
        '{"loss": 1}',
        '7',
    ],
)
def test_a_log_that_is_damaged_is_named(run, line):
    (log, *_) = sorted(run.glob('*/vis_data/scalars.json'))
    log.write_text(line + '\n' + log.read_text())
    with pytest.raises(InputError, match=r'scalars\.json is no log .*line 1'):
        plot_run(run)


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(InputError, match='no training log'):
        plot_run(tmp_path)
