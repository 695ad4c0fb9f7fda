"""What is particular to the C++ kernel: processors, threads, processes."""

import multiprocessing
import os
import sys

import pytest
import torch
from omni_scan_cases import assert_same, make_inputs, run, scan

from fer_yolo_mamba.ops import cpu
from fer_yolo_mamba.ops.backend import pixels_in_a_row

pytestmark = pytest.mark.skipif(
    cpu.missing() is not None, reason=f"the backend 'cpu' {cpu.missing()}"
)


@pytest.fixture
def limit_instruction_set():
    yield cpu.library().omni_scan_limit_instruction_set
    cpu.library().omni_scan_limit_instruction_set(sys.maxsize)


@pytest.mark.parametrize('name', ['generic', 'AVX2', 'AVX-512'])
@pytest.mark.parametrize('states', [16, 17])
def test_instruction_sets(name, states, limit_instruction_set):
    level = ['generic', 'AVX2', 'AVX-512'].index(name)
    if limit_instruction_set(level) != level:
        pytest.skip(f'this processor has no {name}')
    inputs = make_inputs(2, 9, 8, 37, states, 3, 4)
    expected = run(inputs, 'reference')
    assert_same(run(inputs, 'cpu'), expected, 1e-14)
    assert_same(run(inputs, 'cpu', torch.float32), expected, 2e-6)


@pytest.mark.parametrize('batch', [1, 2, 3])
def test_threads_change_no_more_than_rounding(batch):
    inputs = make_inputs(batch, 9, 8, 70, 16, 3, 4)
    expected = run(inputs, 'cpu', torch.float32)
    for threads in (2, 3, 7):
        torch.set_num_threads(threads)
        once = run(inputs, 'cpu', torch.float32)
        again = run(inputs, 'cpu', torch.float32)
        assert all(torch.equal(once[name], again[name]) for name in once)
        assert_same(once, expected, 1e-6)


@pytest.mark.parametrize('threads', [1, 3])
def test_the_threads_are_those_pytorch_is_given(threads, monkeypatch):
    used = []
    monkeypatch.setattr(
        cpu._Call, 'run', lambda call, *_, **__: used.append(call._scan.threads)
    )
    torch.set_num_threads(threads)
    run(make_inputs(1, 2, 3, 40, 16, 2, 4), 'cpu')
    assert used == [threads, threads]


def forward(inputs, queue):
    with torch.no_grad():
        queue.put(scan('cpu', None, *inputs.values()).numpy())


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='no fork here')
@pytest.mark.filterwarnings('ignore:.*multi-threaded:DeprecationWarning')
def test_a_forked_process_can_scan():
    torch.set_num_threads(2)
    inputs = make_inputs(2, 5, 6, 40, 16, 2, 4)
    expected = run(inputs, 'cpu')['y']
    context = multiprocessing.get_context('fork')
    queue = context.SimpleQueue()
    child = context.Process(target=forward, args=(inputs, queue), daemon=True)
    child.start()
    child.join(timeout=60)
    assert child.exitcode == 0
    assert torch.equal(torch.from_numpy(queue.get()), expected)


def test_views_of_one_projection_are_not_copied():
    projected = torch.zeros(2, 4, 6, 8, 2 + 2 * 16)
    for view in projected.split((2, 16, 16), dim=-1):
        pixels = pixels_in_a_row(view)
        assert pixels.data_ptr() == view.data_ptr()
        assert pixels.shape == (2, 24, 8, view.shape[-1])
    rows_apart = projected[:, :, ::2, :, 2:18][:, ::2]
    assert pixels_in_a_row(rows_apart).is_contiguous()


def test_strides_of_dimensions_of_size_one_mean_nothing():
    inputs = make_inputs(1, 7, 1, 5, 16, 2, 4)
    expected = run(inputs, 'cpu')
    u = inputs['u']
    inputs['u'] = u.as_strided(u.shape, (99, u.stride(1), 77, 1))
    assert_same(run(inputs, 'cpu'), expected, 0)


def test_too_many_states():
    inputs = make_inputs(1, 1, 2, 1, 65, 1, 1)
    with pytest.raises(ValueError, match="choose the backend 'torch'"):
        run(inputs, 'cpu')


def test_a_library_of_other_sources_is_refused(monkeypatch):
    cpu.library.cache_clear()
    monkeypatch.setattr(cpu, '_VERSION', 0)
    try:
        assert cpu.missing().startswith('is built from older sources: run')
    finally:
        cpu.library.cache_clear()
