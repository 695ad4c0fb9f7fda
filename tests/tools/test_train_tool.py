"""tools/train.py: a run, its resumption, and several processes."""

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

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


def test_a_start_in_a_used_folder_is_refused(trained, tiny_config, refusal):
    said = refusal('train', tiny_config, '--work-dir', trained)
    assert 'holds an earlier run: add --resume' in said
    assert '--overwrite' in said


@pytest.mark.parametrize(
    ('arguments', 'expected'),
    [
        ([], (False, False, 0, [])),
        (['--resume'], (True, False, 0, [])),
        (['--resume', 'epoch_1.pth'], ('epoch_1.pth', False, 0, [])),
        (['--overwrite', '--skip-nonfinite', '3'], (False, True, 3, [])),
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


def test_options_of_a_fast_training_reach_the_config(
    tiny_config, load_tool, call_tool, monkeypatch
):
    given = []
    monkeypatch.setattr(
        load_tool('train'), 'train', lambda *args: given.extend(args)
    )
    options = '--profile', '--amp', '--compile', '--tensorboard', '--wandb'
    call_tool('train', tiny_config, *options)
    config, *_, (hook,) = given
    assert type(hook).__name__ == 'ProfileHook'
    assert config.optim_wrapper.type == 'BFloat16OptimWrapper'
    assert config.optim_wrapper.optimizer.fused
    assert config.custom_hooks[-1]['type'] == 'CompileHook'
    assert [x['type'] for x in config.visualizer.vis_backends][-2:] == [
        'TensorboardVisBackend',
        'WandbVisBackend',
    ]


def test_a_killed_run_can_be_resumed(
    tiny_config, call_tool, kill_tool, tmp_path
):
    arguments = [tiny_config, '--work-dir', tmp_path / 'run', '--resume']
    kill_tool(tmp_path / 'run/epoch_1.pth', 'train.py', *arguments)
    call_tool('train', *arguments)
    assert (tmp_path / 'run/epoch_3.pth').exists()


@pytest.fixture(scope='module')
def trained_by_two(tiny_config, run_tool):
    """The run folder of two processes; two pictures in each are four."""
    work_dir = tiny_config.parent / 'two'
    run_tool(
        'dist_train.sh',
        *(tiny_config, 2, '--work-dir', work_dir),
        *('--cfg-options', 'train_dataloader.batch_size=2'),
    )
    return work_dir


def test_two_processes(
    trained, trained_by_two, tiny_config, run_tool, call_tool, tmp_path
):
    # Two pictures in each are one batch of four. Later steps differ, as what
    # is rounded in another order decides which predictions learn a face
    # (tests/compat/test_distributed.py).
    one, two = losses(trained), losses(trained_by_two)
    assert one.keys() == two.keys()
    assert two[1, 1] == pytest.approx(one[1, 1], abs=1e-4 * one[1, 1])
    run_tool(
        'dist_test.sh',
        tiny_config,
        trained_by_two / 'epoch_3.pth',
        2,
        *('--work-dir', tmp_path / 'two', '--dump', tmp_path / 'two.json'),
    )
    call_tool(
        'test',
        tiny_config,
        trained_by_two / 'epoch_3.pth',
        *('--work-dir', tmp_path / 'one', '--dump', tmp_path / 'one.json'),
    )
    one, two = (
        json.loads((tmp_path / name).read_text())['reports']
        for name in ('one.json', 'two.json')
    )
    assert one == two


@pytest.fixture
def start_nodes(tiny_config, repository):
    """Starts two nodes of one process each: agents of torchrun on loopback."""
    agents = []

    def start(work_dir, restarts):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        command = [
            *(sys.executable, '-W', 'ignore', repository / 'tools/launch.py'),
            *('--nnodes', 2, '--nproc-per-node', 1, '--max-restarts', restarts),
            *('--rdzv-backend', 'c10d', '--rdzv-id', 'faces'),
            *('--rdzv-endpoint', f'127.0.0.1:{port}'),
            *(repository / 'tools/train.py', tiny_config),
            *('--launcher', 'pytorch', '--work-dir', work_dir, '--resume'),
            *('--cfg-options', 'train_dataloader.batch_size=2'),
        ]
        agents[:] = [
            subprocess.Popen(
                list(map(str, command)),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        return agents

    yield start
    for agent in agents:
        if agent.poll() is None:
            agent.terminate()
            agent.communicate()


def kill_rank_1(agents, checkpoint):
    """Once there is the checkpoint; returns the agent whose process it was."""
    sums = checkpoint.with_name('SHA256SUMS')
    deadline = time.monotonic() + 200
    while not (sums.exists() and checkpoint.name in sums.read_text()):
        assert time.monotonic() < deadline
        for agent in agents:
            assert agent.poll() is None, agent.stderr.read()
        time.sleep(0.02)
    for agent in agents:
        children = Path(f'/proc/{agent.pid}/task/{agent.pid}/children')
        for child in children.read_text().split():
            environment = Path(f'/proc/{child}/environ').read_text()
            if 'RANK=1' in environment.split('\0'):
                os.kill(int(child), signal.SIGKILL)
                return agent
    raise AssertionError('no process is rank 1')


@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
def test_a_lost_process_ends_the_job_of_two_nodes(start_nodes, tmp_path):
    """Within 30 s, and a sentence says which it was."""
    agents = start_nodes(tmp_path, restarts=0)
    bereft = kill_rank_1(agents, tmp_path / 'epoch_1.pth')
    killed = time.monotonic()
    told = {agent: agent.communicate(timeout=200)[1] for agent in agents}
    assert time.monotonic() - killed < 30
    assert [agent.returncode for agent in agents] == [2, 2], told
    host = socket.gethostname()
    assert re.match(
        rf'error: rank 1 \(process \d+ on {host}\) was killed by SIGKILL.* '
        '--resume',
        told.pop(bereft).splitlines()[-1],
    )
    [other] = told.values()
    assert f'error: rank 0 on {host} cannot reach another process' in other


@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
def test_with_restarts_two_nodes_go_on_by_themselves(start_nodes, tmp_path):
    agents = start_nodes(tmp_path, restarts=1)
    kill_rank_1(agents, tmp_path / 'epoch_1.pth')
    told = [agent.communicate(timeout=200)[1] for agent in agents]
    assert [agent.returncode for agent in agents] == [0, 0], told
    logs = [path.read_text() for path in tmp_path.glob('*/*.log')]
    assert any(re.search(r'resumed epoch: [12],', log) for log in logs)
    assert (tmp_path / 'epoch_3.pth').is_file()
