"""Counts of parameters and operations, by hand and as the paper has them."""

import functools
import json
import sys

import cv2
import pytest
import torch
import torch.nn as nn

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.models import OmniSS2D
from fer_yolo_mamba.ops import CROSS_ORDERS
from fer_yolo_mamba.studies.complexity import (
    count_flops,
    measure_complexity,
)


@pytest.fixture
def rafdb(repository):
    return load_config(repository / 'configs/fer_yolo_mamba_rafdb.py')


@pytest.fixture
def flops_tool(call_tool):
    return functools.partial(call_tool, 'analysis/get_flops')


def test_a_convolution_and_a_linear_layer():
    net = nn.Sequential(
        nn.Conv2d(4, 6, 3, padding=1, groups=2), nn.Flatten(2), nn.Linear(35, 2)
    )
    convolution = 2 * 35 * 6 * (4 // 2) * 9
    linear = 2 * 6 * 35 * 2
    assert count_flops(net, torch.zeros(1, 4, 5, 7)) == (
        convolution + linear,
        0,
    )


@pytest.mark.parametrize(
    ('orders', 'backend'), [(None, 'auto'), (CROSS_ORDERS, 'torch')]
)
def test_a_layer_with_a_scan(orders, backend):
    kwargs = dict(orders=orders) if orders else {}
    layer = OmniSS2D(32, d_state=5, scan_backend=backend, **kwargs)
    pixels, inner, rank, states = 2 * 3 * 7, 64, 2, 5
    directions = 4 if orders else 8

    in_proj = pixels * 32 * 2 * inner
    depthwise = pixels * 9 * inner
    # A bare parameter, which thop does not see.
    x_proj = pixels * inner * directions * (rank + 2 * states)
    out_proj = pixels * inner * 32
    steps = pixels * directions * inner  # B L K D
    recurrence = 9 * steps * states + steps
    dt_proj = 2 * steps * rank

    products, scans = count_flops(layer, torch.zeros(2, 3, 7, 32))
    assert products == 2 * (in_proj + depthwise + x_proj + out_proj)
    assert scans == recurrence + dt_proj
    # The scan is itself again.
    assert layer(torch.ones(1, 2, 2, 32)).abs().max() > 0


def test_fer_yolo_mamba(rafdb):
    pytest.importorskip('thop')
    complexity = measure_complexity(rafdb, (320, 320))
    assert complexity.parameters == 9_617_156
    assert complexity.thop_parameters == 8_675_076
    assert f'{complexity.thop_flops / 1e9:.3f}' == '6.893'
    # side, channels D, rank R of the neck's four scans
    scans = [(40, 256, 8), (20, 512, 16), (20, 256, 8), (10, 512, 16)]
    assert complexity.scan_flops == sum(
        side**2 * 8 * channels * (9 * 16 + 1 + 2 * rank)
        for side, channels, rank in scans
    )
    assert complexity.flops == complexity.product_flops + complexity.scan_flops


@pytest.mark.parametrize('backend', ['reference', 'triton', 'mamba_ssm'])
def test_counts_are_the_same_whatever_backend_would_serve(backend, repository):
    pytest.importorskip('thop')
    counts = [
        measure_complexity(
            load_config(
                repository / 'configs/fer_yolo_mamba_demo.py',
                {'model.neck.vss_cfg': dict(scan_cfg=dict(scan_backend=name))},
            ),
            (32, 64),
        )
        for name in ('auto', backend)
    ]
    assert counts[0] == counts[1]


def test_without_a_size_in_the_pipeline_one_is_asked_for(rafdb, load_tool):
    rafdb.test_dataloader.dataset.pipeline = []
    with pytest.raises(InputError, match='--size'):
        load_tool('analysis/get_flops').input_size(rafdb)


def test_the_tool(flops_tool, repository, tmp_path, capsys):
    pytest.importorskip('thop')
    configs = [
        repository / 'configs/fer_yolo_mamba_demo.py',
        repository / 'configs/baselines/yolox_s_demo.py',
    ]
    out = tmp_path / 'new/flops'
    flops_tool(*configs, '--out', out.with_suffix('.md'))
    table = capsys.readouterr().out
    assert out.with_suffix('.md').read_text(encoding='utf-8') == table
    assert table.count('160×160') == 2

    files = out.with_suffix('.json'), out.with_suffix('.png')
    flops_tool(*configs, '--size', 64, 96, '--out', *files)
    assert cv2.imread(str(files[1])).shape[0] > 400
    ours, yolox = json.loads(out.with_suffix('.json').read_text())
    assert ours['input'] == [64, 96]
    assert ours['flops'] == ours['product_flops'] + ours['scan_flops']
    assert ours['scan_flops'] > 0
    assert yolox['scan_flops'] == 0
    assert yolox['parameters'] == yolox['thop_parameters']


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['{config}', '--out', 'flops.csv'], ['flops.csv', '.md']),
        (['{config}', '--size', '50', '50'], ['50×50', 'multiple of 32']),
        (['none.py'], ['none.py', 'does not exist']),
    ],
)
def test_bad_input(arguments, words, refusal, repository):
    pytest.importorskip('thop')
    config = repository / 'configs/fer_yolo_mamba_demo.py'
    arguments = (word.format(config=config) for word in arguments)
    message = refusal('analysis/get_flops', *arguments)
    for word in words:
        assert word in message


def test_without_thop(rafdb, monkeypatch):
    monkeypatch.setitem(sys.modules, 'thop', None)
    with pytest.raises(InputError, match='pip install thop'):
        measure_complexity(rafdb, (320, 320))
