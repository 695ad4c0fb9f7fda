"""tools/analysis/benchmark.py on sizes that take no time."""

import json
import re

import numpy as np
import pytest
import torch

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.studies.benchmark import loaders, timing
from fer_yolo_mamba.visualization import write_image


@pytest.fixture
def no_new_process(monkeypatch):
    """Starting a process takes seconds, and a test of its own."""
    monkeypatch.setattr(
        timing, 'in_fresh_process', lambda function, *args: function(*args)
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


def test_the_evaluation(call, tmp_path, capsys):
    call(
        *('--parts', 'evaluation', '--images', '10', '--detections', '5'),
        *('--evaluation-rounds', '2', '--many-images', '20'),
        *('--out', str(tmp_path)),
    )
    page = capsys.readouterr().out
    assert '| 10 images with 5 detections ' in page
    assert '| metric: AP, P, R, F1 at one IoU ' in page
    assert '10,000 paired resamples of two tests' in page
    assert 'on 20 images with 5 detections: ' in page
    record = json.loads((tmp_path / 'benchmark.json').read_text())['evaluation']
    assert (record['images'], record['detections']) == (10, 5)
    assert record['peak'] > 0
    rounds = [len(series['rounds']) for series in record['times'].values()]
    assert rounds == [2] * 4


def test_a_detector_in_use(call, narrow_weights, tmp_path, capsys):
    write_image(tmp_path / 'photographs/a.jpg', np.zeros((60, 80, 3), np.uint8))
    call(
        *('--parts', 'prediction', '--weights', str(narrow_weights)),
        *('--photographs', str(tmp_path / 'photographs')),
        *('--predict-batch', '2', '--predict-rounds', '1'),
    )
    page = capsys.readouterr().out
    for measure in ('prediction', 'prediction, processor time'):
        for ours in ('faces', 'drawn faces'):
            row = f'| {measure} +| 1 photographs, batch 2 +| {ours} .* alone '
            assert re.search(row, page)


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['--maps', '40x40'], ['--maps', '40x40x256']),
        (['--maps', '4x4x3'], ['--maps', 'even']),
        (['--side', '100'], ['--side', 'multiple of 32']),
        (
            ['--scan-rounds', '0'],
            ['--scan-rounds', '0 is not a whole number of 1'],
        ),
        (['--sides', '64', '64'], ['--sides', 'two different']),
        (['--images', '0'], ['--images', '0 is not a whole number of 1']),
        (['--calls', '9', '9'], ['--calls', 'as 200 2000']),
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


def test_the_loader(call, repository, tmp_path, monkeypatch):
    monkeypatch.setattr(loaders, '_DRAWN', 4)
    monkeypatch.setattr(loaders, '_TURN_SECONDS', 0)
    call(
        *('--parts', 'loader', '--photo-sides', '96', '--pictures', '4'),
        *('--config', str(repository / 'configs/fer_yolo_mamba_rafdb.py')),
        *('--loader-rounds', '2', '--out', str(tmp_path)),
    )
    record = json.loads((tmp_path / 'benchmark.json').read_text())
    assert [
        (x['measure'], x['setting'], len(x['rival']['rounds']))
        for x in record['comparisons']
    ] == [
        ('training picture, processor time', 'JPEG of 96×96', 2),
        ('data loader, 2 workers', '4 JPEG of 96×96', 2),
    ]
    for pair in record['comparisons']:
        assert pair['ours']['name'] == 'decoded once'
        assert pair['ratio']['name'] == "mmyolo's own / decoded once"
