"""tools/compare.py: killed in the middle of a training, then started again."""

import csv
import json

import pytest

from fer_yolo_mamba.expressions import EXPRESSIONS


@pytest.fixture(scope='module')
def arguments(tiny_config, tmp_path_factory):
    return [
        'run',
        *('--configs', tiny_config, tiny_config.with_name('none.py')),
        *('--seeds', '4'),
        *('--work-dir', tmp_path_factory.mktemp('compared')),
        *('--devices', 'cpu'),
        *('--cfg-options', 'train_cfg.max_epochs=2'),
    ]


@pytest.fixture(scope='module')
def compared(arguments, run_tool, kill_tool):
    """The folder, and what the second start printed."""
    work_dir = arguments[arguments.index('--work-dir') + 1]
    checkpoint = work_dir / 'tiny/seed_4/epoch_1.pth'
    kill_tool(checkpoint, 'compare.py', *arguments)
    return work_dir, run_tool('compare.py', *arguments, check=False)


def test_it_goes_on_to_the_end(compared):
    work_dir, finished = compared
    lines = finished.stdout.splitlines()
    assert finished.returncode == 1, finished.stderr  # none.py
    assert lines[0].startswith('none seed 4: failed: config ')
    assert lines[-2].startswith('tiny seed 4: done, mean_ap % ')
    assert lines[-1] == str(work_dir / 'summary.md')
    log = (work_dir / 'tiny/seed_4/train.log').read_text()
    assert log.count('Epoch(train) [1][1/2]') == 1
    assert (work_dir / 'tiny/seed_4/epoch_2.pth').exists()


def test_run_folder_and_summary_tell_the_same(compared):
    work_dir, _ = compared
    folder = work_dir / 'tiny/seed_4'
    record = json.loads((folder / 'run.json').read_text())
    tested = json.loads((folder / 'test/metrics.json').read_text())
    assert record['metrics'] == tested['reports']
    assert record['device'] and record['versions']['mmyolo']
    assert 'max_epochs=2' in (folder / 'resolved_config.py').read_text()
    assert 'seed=4' in (folder / 'resolved_config.py').read_text()
    with (work_dir / 'summary.csv').open() as file:
        done, failed = csv.DictReader(file)
    assert float(done['mean_ap_mean']) == record['metrics']['fer']['mean_ap']
    assert {f'ap_{name}_std' for name in EXPRESSIONS} <= done.keys()
    assert (failed['config'], failed['state']) == ('none', 'failed')


def test_another_config_in_the_same_folder_is_refused(
    compared, arguments, refusal
):
    said = refusal('compare', *arguments, 'randomness.deterministic=True')
    assert 'deterministic is True and was' in said
