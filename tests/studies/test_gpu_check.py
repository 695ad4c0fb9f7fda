"""The check of a GPU, as far as it goes without one."""

import json
import math

import pytest
import torch

from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.studies.benchmark.scans import ScanSize

# The interpreter of version 3.3 does not work with NumPy 2.
version = '3.3' if torch.cuda.is_available() else '3.7'
pytest.importorskip('triton', minversion=version)

from fer_yolo_mamba.studies import gpu_check, parity  # noqa: E402
from fer_yolo_mamba.studies.gpu_check import DRY, Case, GPUCheck  # noqa: E402
from fer_yolo_mamba.studies.sequence_kernel import parallel_scan  # noqa: E402

DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')


@pytest.mark.parametrize('dtype', parity.DTYPES, ids=str)
def test_rival_computes_the_scan(dtype, monkeypatch):
    monkeypatch.setattr(parity, 'triton_scan', parallel_scan)
    case = Case(ScanSize(2, 3, 6, 2), 3, 2)
    errors = parity.errors_of(case, dtype, DEVICE)
    assert errors.keys() == {
        *('y', 'u', 'projected', 'A', 'D', 'dt_weight', 'dt_bias')
    }
    # 16 bits also round Δ and what every direction adds.
    tolerance = {torch.float32: 2e-6, torch.float16: 4e-3}.get(dtype, 3e-2)
    assert max(errors.values()) < tolerance


def test_dry_run_takes_every_step(repository, tmp_path):
    check = GPUCheck(DRY, DEVICE, 600, tmp_path)
    check.check_parity()
    check.time_scans()
    config = load_config(repository / 'configs/fer_yolo_mamba_demo.py')
    rival = load_config(repository / 'configs/baselines/yolox_s_demo.py')
    check.time_networks(config, rival)
    assert check.failures == 0

    record = json.loads((tmp_path / 'gpu_check.json').read_text())
    assert [row['verdict'] for row in record['parity']] == ['pass'] * 4
    assert all(0 <= row['y'] < 1e-2 for row in record['parity'])
    assert [
        f'{pair["measure"]}, {pair["setting"]}'
        for pair in record['comparisons']
        if pair['unit'] == 'second'
    ] == [
        'scan, forward, 1×2×2, batch 1, float32',
        'scan, forward + backward, 1×2×2, batch 1, float32',
        'inference, batch 1, float32',
        'inference, batch 1, bfloat16',
        'forward + backward, batch 2, float32',
        'forward + backward, batch 2, bfloat16',
    ]
    page = (tmp_path / 'gpu_check.md').read_text()
    assert page.count('| pass ') == 4
    assert 'mamba-ssm is not installed' in page


def test_what_fails_is_told_and_the_rest_goes_on(monkeypatch, tmp_path):
    def errors(case, dtype, device):
        if dtype == torch.float16:
            raise RuntimeError('CUDA error\nno | kernel')
        return dict(y=0.0, u=math.nan if dtype == torch.bfloat16 else 0.0)

    def no_leaves(size, device):
        return dict(u=torch.zeros(1), projected=torch.zeros(1))

    monkeypatch.setattr(gpu_check, 'errors_of', errors)
    monkeypatch.setattr(gpu_check, 'make_leaves', no_leaves)
    check = GPUCheck(DRY, DEVICE, 600, tmp_path)
    check.check_parity()
    check.time_scans()
    assert [row['verdict'] for row in check.parity] == [
        'pass',
        'RuntimeError CUDA error no | kernel',
        'FAIL',
        'pass',
    ]
    assert check.notes[1] == (
        "scan, forward, 1×2×2, batch 1, float32: KeyError 'A'."
    )
    assert check.failures == 4
    assert 'CUDA error no' in (tmp_path / 'gpu_check.md').read_text()


def test_nothing_is_begun_when_time_is_up():
    check = GPUCheck(DRY, DEVICE, -1)
    check.check_parity()
    check.time_scans()
    verdicts = [row['verdict'] for row in check.parity]
    assert verdicts == ['skipped, as no time was left'] * 4
    assert not check.pairs
    assert sum('no time was left' in note for note in check.notes) == 2
    assert check.failures == 0


def test_tool_needs_a_gpu_or_a_dry_run(refusal, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert '--dry-run does without one' in refusal('analysis/gpu_check')
