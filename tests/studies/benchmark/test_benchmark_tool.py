"""tools/analysis/benchmark.py on sizes that take no time."""

import json
import re

import numpy as np
import pytest
import torch

from fer_yolo_mamba.cli import run_cli
from fer_yolo_mamba.cli.benchmark import scan
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


@pytest.fixture
def configs(repository):
    configs = repository / 'configs'
    return (
        *('--config', str(configs / 'fer_yolo_mamba_demo.py')),
        *('--against', str(configs / 'baselines/yolox_s_demo.py')),
    )


def measured(record):
    return [
        (x['measure'], x['setting'], len(x['ours']['rounds']))
        for x in record['comparisons']
    ]


def test_the_scan(call, tmp_path, capsys):
    call(
        *('scan', '--maps', '2x3x4', '4x2x2', '--batch', '2', '--rounds', '2'),
        *('--out', str(tmp_path / 'out')),
    )
    assert {path.name for path in (tmp_path / 'out').iterdir()} == {
        *('scan.md', 'scan.json', 'scan.png')
    }
    page = (tmp_path / 'out/scan.md').read_text(encoding='utf-8')
    assert capsys.readouterr().out == page
    record = json.loads((tmp_path / 'out/scan.json').read_text())
    time, peak = 'scan', 'peak extra memory of the scan'
    assert measured(record) == [
        (f'{measure}, {title}', size, rounds)
        for size in ('2×3×4, batch 2', '4×2×2, batch 2')
        for measure, rounds in ((time, 2), (peak, 1))
        for title in ('forward', 'forward + backward')
    ]


def test_networks(call, configs, tmp_path):
    for verb, batch in (('inference', '1'), ('training', '2')):
        call(
            *(verb, *configs, '--side', '32', '--rounds', '1'),
            *('--batch', batch, '--out', str(tmp_path)),
        )
    # Beside the other network as it was built, then treated as ours.
    record = json.loads((tmp_path / 'inference.json').read_text())
    assert measured(record) == [('inference', '32×32, batch 1', 1)] * 2
    record = json.loads((tmp_path / 'training.json').read_text())
    assert measured(record) == [('training step', '32×32, batch 2', 1)] * 2


def test_the_growth(call, configs, tmp_path):
    call(
        *('growth', *configs[:2], '--sides', '64', '32', '--rounds', '1'),
        *('--out', str(tmp_path)),
    )
    record = json.loads((tmp_path / 'growth.json').read_text())
    assert [x['side'] for x in record['growth']['times']] == [32, 64]


def test_the_evaluation(call, tmp_path, capsys):
    call(
        *('evaluation', '--images', '10', '--detections', '5'),
        *('--rounds', '2', '--many-images', '20'),
        *('--out', str(tmp_path)),
    )
    page = capsys.readouterr().out
    assert '| 10 images with 5 detections ' in page
    assert '| metric: AP, P, R, F1 at one IoU ' in page
    assert '10,000 paired resamples of two tests' in page
    assert 'on 20 images with 5 detections: ' in page
    record = json.loads((tmp_path / 'evaluation.json').read_text())
    record = record['evaluation']
    assert (record['images'], record['detections']) == (10, 5)
    assert record['peak'] > 0
    rounds = [len(series['rounds']) for series in record['times'].values()]
    assert rounds == [2] * 4


def test_a_detector_in_use(call, narrow_weights, tmp_path, capsys):
    write_image(tmp_path / 'photographs/a.jpg', np.zeros((60, 80, 3), np.uint8))
    call(
        *('prediction', '--weights', str(narrow_weights)),
        *('--photographs', str(tmp_path / 'photographs')),
        *('--batch', '2', '--rounds', '1'),
    )
    page = capsys.readouterr().out
    for measure in ('prediction', 'prediction, processor time'):
        for ours in ('faces', 'drawn faces'):
            row = f'| {measure} +| 1 photographs, batch 2 +| {ours} .* alone '
            assert re.search(row, page)


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['scan', '--maps', '40x40'], ['--maps', '40x40x256']),
        (['scan', '--maps', '4x4x3'], ['--maps', 'even']),
        (['scan', '--device', 'cuda'], ['--device cuda', 'GPU']),
        (['scan', '--side', '320'], ['--side']),
        (['training', '--side', '100'], ['--side', 'multiple of 32']),
        (
            ['inference', '--rounds', '0'],
            ['--rounds', '0 is not a whole number of 1'],
        ),
        (['inference', '--config', 'none.py'], ['none.py', 'does not exist']),
        (['growth', '--sides', '64', '64'], ['--sides', 'two different']),
        (['memory', '--calls', '9', '9'], ['--calls', 'as 200 2000']),
        ([], ['PART']),
    ],
)
def test_bad_input(arguments, words, refusal, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    message = refusal('analysis/benchmark', *arguments)
    for word in words:
        assert word in message


def test_too_little_memory_of_a_gpu(refusal, monkeypatch):
    def fail(*args):
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(scan, 'compare_scans', fail)
    assert 'choose a smaller --batch' in refusal('analysis/benchmark', 'scan')


def test_the_loader(call, repository, tmp_path, monkeypatch):
    monkeypatch.setattr(loaders, '_DRAWN', 4)
    monkeypatch.setattr(loaders, '_TURN_SECONDS', 0)
    call(
        *('loader', '--sides', '96', '--pictures', '4'),
        *('--config', str(repository / 'configs/fer_yolo_mamba_rafdb.py')),
        *('--rounds', '2', '--out', str(tmp_path)),
    )
    record = json.loads((tmp_path / 'loader.json').read_text())
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
