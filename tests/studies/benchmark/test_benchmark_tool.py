"""tools/analysis/benchmark.py on sizes that take no time."""

import json
from types import SimpleNamespace

import pytest
import torch

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.studies.benchmark import NECK_SIZES, memory, networks, scans
from fer_yolo_mamba.studies.benchmark.scan_size import ScanSize

CPU, CUDA = torch.device('cpu'), torch.device('cuda')


@pytest.fixture
def no_new_process(monkeypatch):
    """Starting a process takes seconds, and a test of its own."""
    monkeypatch.setattr(
        memory, 'in_fresh_process', lambda function, *args: function(*args)
    )


@pytest.fixture
def call(benchmark_tool, no_new_process):
    def call(*arguments):
        run_cli(benchmark_tool.make_parser(), benchmark_tool.main, arguments)

    return call


def test_all_parts(call, repository, tmp_path, capsys):
    call(
        *('--config', str(repository / 'configs/fer_yolo_mamba_demo.py')),
        *('--against', str(repository / 'configs/baselines/yolox_s_demo.py')),
        *('--maps', '2x3x4', '4x2x2', '--batch', '2', '--scan-rounds', '2'),
        *('--side', '32', '--train-batch', '2'),
        *('--network-rounds', '2', '--train-rounds', '1'),
        *('--sides', '64', '32', '--growth-rounds', '1'),
        *('--out', str(tmp_path / 'out')),
    )
    assert {path.name for path in (tmp_path / 'out').iterdir()} == {
        'benchmark.md',
        'benchmark.json',
        'benchmark.png',
    }
    page = (tmp_path / 'out/benchmark.md').read_text(encoding='utf-8')
    assert capsys.readouterr().out == page
    # Targets are for the sizes that they were stated for.
    assert 'Targets' not in page
    record = json.loads((tmp_path / 'out/benchmark.json').read_text())
    measures = [
        (x['measure'], x['setting'], len(x['ours']['rounds']))
        for x in record['comparisons']
    ]
    time, peak = 'scan', 'peak extra memory of the scan'
    assert measures == [
        *(
            (f'{measure}, {title}', size, rounds)
            for size in ('2×3×4, batch 2', '4×2×2, batch 2')
            for measure, rounds in ((time, 2), (peak, 1))
            for title in ('forward', 'forward + backward')
        ),
        # Beside the other network as it was built, then treated as ours.
        *[('inference', '32×32, batch 1', 2)] * 2,
        *[('training step', '32×32, batch 2', 1)] * 2,
    ]
    assert [x['side'] for x in record['growth']['times']] == [32, 64]


def test_one_part(call, capsys):
    call('--parts', 'scan', '--maps', '2x2x2', '--scan-rounds', '1')
    page = capsys.readouterr().out
    assert 'scan, forward' in page
    assert 'inference' not in page


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['--maps', '40x40'], ['--maps', '40x40x256']),
        (['--maps', '4x4x3'], ['--maps', 'even']),
        (['--side', '100'], ['--side', 'multiple of 32']),
        (['--scan-rounds', '0'], ['--scan-rounds', '0 is not 1, 2, 3']),
        (['--sides', '64', '64'], ['--sides', 'two different']),
        (['--config', 'none.py'], ['none.py', 'does not exist']),
        (['--device', 'cuda'], ['--device cuda', 'GPU']),
    ],
)
def test_bad_input(arguments, words, call, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(SystemExit) as ended:
        call(*arguments)
    assert ended.value.code == 2
    message = capsys.readouterr().err.splitlines()[-1]
    for word in words:
        assert word in message


def test_too_little_memory_of_a_gpu(call, capsys, monkeypatch, benchmark_tool):
    def fail(*args):
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(benchmark_tool, 'compare_scans', fail)
    with pytest.raises(SystemExit):
        call('--parts', 'scan')
    assert 'choose a smaller --batch' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('device', 'rival', 'size', 'limits'),
    [
        (CPU, scans.PLAIN, NECK_SIZES[0], [200, 100, 0.1]),
        (CPU, scans.PLAIN, NECK_SIZES[1], []),
        (CUDA, scans.MAMBA, ScanSize(10, 10, 512, 16), [2, 0.25]),
        (CUDA, scans.MAMBA, ScanSize(10, 10, 512, 1), []),
        (CUDA, scans.PLAIN, ScanSize(10, 10, 512, 16), []),
    ],
)
def test_targets_of_the_scan(device, rival, size, limits):
    targets = scans._targets(rival, size, device)
    assert [target.limit for target in targets.values()] == limits


@pytest.fixture
def made_up_times(monkeypatch):
    """Every call takes a second, and nothing is built."""
    series = scans.Series((1.0,))
    for name in ('make_inference', 'make_training_step'):
        monkeypatch.setattr(networks, name, lambda *_, **__: None)
    monkeypatch.setattr(
        networks,
        'take_turns',
        lambda rivals, turns: dict.fromkeys(rivals, series),
    )


def test_targets_of_the_networks(repository, made_up_times):
    configs = [
        SimpleNamespace(filename=f'configs/{name}.py')
        for name in ('fer_yolo_mamba_rafdb', 'yolox_s_rafdb', 'other')
    ]
    limits = {
        (ours, rival): [
            comparison.target and comparison.target.limit
            for comparison in networks.compare_networks(
                configs[ours], configs[rival], 320, 16, CPU, 1, 1
            )
        ]
        for ours, rival in ((0, 1), (0, 2))
    }
    assert limits == {(0, 1): [1.3, None, 1.4, None], (0, 2): [None] * 4}
