"""tools/train.py: a run, its resumption, and several processes."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch


def losses(work_dir):
    """The loss of every step, by epoch and step, over all parts of a run."""
    found = {}
    for path in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if 'loss' in entry:
                found[entry['epoch'], entry['step']] = entry['loss']
    return found


def test_a_run_leaves_checkpoints_and_metrics(trained):
    names = {path.name for path in trained.iterdir()}
    assert {'epoch_1.pth', 'epoch_2.pth', 'epoch_3.pth'} <= names
    with (trained / 'metrics.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [row['class'] for row in rows][-1] == 'average'
    assert {row['epoch'] for row in rows} == {'3'}
    metrics = json.loads((trained / 'metrics.json').read_text())
    assert 'mean_ap' in metrics['reports']['fer']
    assert len(losses(trained)) == 6


def test_the_log_shows_what_counts(trained):
    (log,) = trained.glob('*/*.log')
    lines = log.read_text().splitlines()
    assert sum('Epoch(train)' in line for line in lines) == 6
    assert any('F1 by class' in line for line in lines)
    assert len(lines) < 50


def test_resuming_continues_where_the_run_would_have_been(
    trained, tiny_config, call_tool, tmp_path
):
    # What a run killed in its second epoch leaves, pointer and all.
    work_dir = tmp_path / 'resumed'
    work_dir.mkdir()
    shutil.copy(trained / 'epoch_1.pth', work_dir)
    (work_dir / 'last_checkpoint').touch()
    call_tool('train', tiny_config, '--work-dir', work_dir, '--resume')

    expected, found = losses(trained), losses(work_dir)
    assert found.keys() == {key for key in expected if key[0] > 1}
    for step, loss in found.items():
        assert loss == pytest.approx(expected[step], abs=1e-5), step
    weights = [
        torch.load(folder / 'epoch_3.pth')['state_dict']
        for folder in (trained, work_dir)
    ]
    for name, value in weights[0].items():
        torch.testing.assert_close(
            weights[1][name], value, atol=1e-5, rtol=1e-5, msg=name
        )


def test_a_finished_run_says_so(trained, tiny_config, outcome_of):
    before = (trained / 'epoch_3.pth').stat().st_mtime_ns
    status, printed, _ = outcome_of(
        'train', tiny_config, '--work-dir', trained, '--resume'
    )
    assert status == 0
    assert 'the end of a finished run, epoch 3 of 3' in printed
    assert 'train_cfg.max_epochs=6' in printed
    assert (trained / 'epoch_3.pth').stat().st_mtime_ns == before


def test_a_start_in_a_used_folder_is_refused(trained, tiny_config, outcome_of):
    status, _, errors = outcome_of('train', tiny_config, '--work-dir', trained)
    assert status == 2
    assert 'holds an earlier run: add --resume' in errors
    assert '--overwrite' in errors


@pytest.mark.parametrize(
    ('arguments', 'expected'),
    [
        ([], (False, False, 0)),
        (['--resume'], (True, False, 0)),
        (['--resume', 'epoch_1.pth'], ('epoch_1.pth', False, 0)),
        (['--overwrite', '--skip-nonfinite', '3'], (False, True, 3)),
    ],
)
def test_how_to_begin(
    arguments, expected, tiny_config, load_tool, call_tool, monkeypatch
):
    given = []
    monkeypatch.setattr(
        load_tool('train'), 'train', lambda *args: given.append(args[2:])
    )
    call_tool('train', tiny_config, *arguments)
    assert given == [expected]


def test_a_killed_run_can_be_resumed(
    tiny_config, call_tool, repository, tmp_path
):
    arguments = [tiny_config, '--work-dir', tmp_path / 'run', '--resume']
    process = subprocess.Popen(
        [sys.executable, repository / 'tools/train.py', *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 200
    while not (tmp_path / 'run/epoch_1.pth').exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    call_tool('train', *arguments)
    assert (tmp_path / 'run/epoch_3.pth').exists()


def test_two_processes(trained, tiny_config, run_tool, call_tool, tmp_path):
    work_dir = tmp_path / 'two'
    run_tool(
        'dist_train.sh',
        tiny_config,
        2,
        *('--work-dir', work_dir),
        *('--cfg-options', 'train_dataloader.batch_size=2'),
        *('train_cfg.max_epochs=1', 'train_cfg.val_interval=1'),
    )
    # Two pictures in each are one batch of four. Later steps differ, as what
    # is rounded in another order decides which predictions learn a face
    # (tests/compat/test_distributed.py).
    one, two = losses(trained), losses(work_dir)
    assert len(two) == 2
    assert two[1, 1] == pytest.approx(one[1, 1], abs=1e-4 * one[1, 1])
    run_tool(
        'dist_test.sh',
        tiny_config,
        work_dir / 'epoch_1.pth',
        2,
        *('--work-dir', work_dir / 'two', '--dump', tmp_path / 'two.json'),
    )
    call_tool(
        'test',
        tiny_config,
        work_dir / 'epoch_1.pth',
        *('--work-dir', work_dir / 'one', '--dump', tmp_path / 'one.json'),
    )
    one, two = (
        json.loads((tmp_path / name).read_text())['reports']
        for name in ('one.json', 'two.json')
    )
    assert one == two
