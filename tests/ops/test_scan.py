"""Every backend against the reference, and the checks of the entry point."""

from functools import cache

import pytest
import torch
from omni_scan_cases import NAMES, assert_same, make_inputs, run, scan

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.ops import (
    CROSS_ORDERS,
    OMNI_ORDERS,
    TRUE_OMNI_ORDERS,
    ScanOrder,
    available_backends,
    chunked,
    cpu,
    gathered,
    omni_selective_scan,
    order_indices,
)
from fer_yolo_mamba.ops.orders import order_table
from fer_yolo_mamba.ops.scan import BACKENDS, _choose_automatically
from fer_yolo_mamba.studies.benchmark import scans

needs_cpu = pytest.mark.skipif(
    cpu.missing() is not None, reason=f"the backend 'cpu' {cpu.missing()}"
)
FAST_BACKENDS = [
    pytest.param('cpu', marks=needs_cpu),
    'torch',
]

# batch, height, width, channels, states, rank, directions
SIZES = [
    (1, 1, 1, 1, 1, 1, 1),
    (3, 1, 7, 5, 3, 3, 4),
    (1, 7, 1, 33, 16, 1, 8),
    (2, 5, 3, 16, 17, 3, 8),
    (1, 13, 17, 16, 16, 1, 1),
    (1, 9, 8, 40, 64, 2, 1),
]
# Of the largest value of each tensor.
TOLERANCE = {torch.float32: 2e-6, torch.float64: 1e-14}


@cache
def reference_of(size):
    inputs = make_inputs(*size)
    return inputs, run(inputs, 'reference')


@pytest.fixture(autouse=True)
def several_chunks(monkeypatch):
    """Small maps, too, are to cross the boundaries of chunks."""
    monkeypatch.setattr(chunked, '_CHUNK_ELEMENTS', 1 << 14)


@pytest.mark.parametrize('backend', ['reference', *FAST_BACKENDS])
def test_gradients_agree_with_differences(backend):
    orders = (ScanOrder.DIAGONAL, ScanOrder.COLUMNS_REVERSED)
    inputs = make_inputs(1, 2, 3, 2, 2, 1, len(orders))
    leaves = [inputs[name].requires_grad_() for name in NAMES]
    assert torch.autograd.gradcheck(
        lambda *tensors: scan(backend, orders, *tensors), leaves
    )


def test_reference_on_a_sequence_computed_by_hand():
    # Two pixels, one channel, one state; softplus(0) = log 2, so exp(-delta)
    # is one half.
    one = torch.ones(1)
    y = omni_selective_scan(
        u=torch.tensor([2.0, 4.0]).view(1, 1, 2, 1),
        dt=torch.zeros(1, 1, 2, 1, 1),
        A=-one.view(1, 1),
        B=torch.ones(1, 1, 2, 1, 1),
        C=torch.tensor([1.0, 3.0]).view(1, 1, 2, 1, 1),
        D=10 * one,
        dt_weight=one.view(1, 1, 1),
        dt_bias=torch.zeros(1, 1),
        orders=OMNI_ORDERS[:1],
        backend='reference',
    )
    log2 = torch.tensor(2.0).log()
    first = log2 * 2
    second = first / 2 + log2 * 4
    expected = torch.stack([first + 20, 3 * second + 40])
    torch.testing.assert_close(y.flatten(), expected)


@pytest.mark.parametrize('backend', FAST_BACKENDS)
@pytest.mark.parametrize('size', SIZES, ids=str)
def test_output_and_gradients_agree_with_reference(size, backend):
    inputs, expected = reference_of(size)
    for dtype, tolerance in TOLERANCE.items():
        assert_same(run(inputs, backend, dtype), expected, tolerance)


@pytest.mark.parametrize('backend', FAST_BACKENDS)
def test_directions_are_put_back_in_place_and_summed(backend):
    orders = TRUE_OMNI_ORDERS
    inputs = make_inputs(1, 3, 5, 4, 16, 2, len(orders))
    expected = run(inputs, 'reference', orders=orders)
    assert_same(run(inputs, backend, orders=orders), expected, 1e-13)


@pytest.fixture
def mamba_ssm_on_cpu(monkeypatch):
    """mamba-ssm's backend with a scan in plain PyTorch for its kernel."""
    monkeypatch.setattr(gathered, 'missing', lambda: None)
    monkeypatch.setattr(gathered, 'DEVICE_TYPE', None)
    monkeypatch.setattr(gathered, '_scan_sequences', scans._scan_sequences)


@pytest.mark.usefixtures('mamba_ssm_on_cpu')
@pytest.mark.parametrize('backend', [*FAST_BACKENDS, 'mamba_ssm'])
@pytest.mark.parametrize('order', ScanOrder)
def test_each_direction_alone(order, backend):
    for size in ((3, 4), (5, 2)):
        inputs = make_inputs(2, *size, 5, 3, 2, 1)
        expected = run(inputs, 'reference', orders=(order,))
        assert_same(run(inputs, backend, orders=(order,)), expected, 1e-13)


@pytest.mark.usefixtures('mamba_ssm_on_cpu')
@pytest.mark.parametrize('backend', ['reference', *FAST_BACKENDS, 'mamba_ssm'])
def test_directions_that_share_one_projection(backend):
    inputs = make_inputs(2, 5, 3, 5, 16, 2, 4)
    one = inputs['projected'][..., :1, :].clone()
    inputs['projected'] = one.repeat_interleave(4, dim=3)
    expected = run(inputs, 'reference')
    inputs['projected'] = one.expand(-1, -1, -1, 4, -1)
    assert_same(run(inputs, backend), expected, 1e-13)


EXTREMES = {
    'steps of zero': dict(dt_bias=-100.0),
    'long steps': dict(dt_bias=100.0),
    'no decay': dict(A=0.0),
    'hardly any decay': dict(A=-1e-30),
    'at once forgotten': dict(A=-1e4),
    'long steps, at once forgotten': dict(A=-1e4, dt_bias=100.0),
    'nothing comes in': dict(u=0.0, projected=0.0),
}


@pytest.mark.parametrize('backend', FAST_BACKENDS)
@pytest.mark.parametrize('values', EXTREMES.values(), ids=EXTREMES)
def test_extreme_values(values, backend):
    inputs = make_inputs(1, 6, 5, 5, 16, 2, 4)
    for name, value in values.items():
        inputs[name].fill_(value)
    expected = run(inputs, 'reference', torch.float32)
    assert all(x.isfinite().all() for x in expected.values())
    assert_same(run(inputs, backend, torch.float32), expected, 5e-6)


@pytest.mark.parametrize('backend', FAST_BACKENDS)
def test_nan_shows_where_it_comes_in(backend):
    inputs = make_inputs(2, 2, 3, 5, 16, 2, 4)
    inputs['u'][1, 0, 1, 2] = torch.nan
    y = run(inputs, backend, torch.float32)['y']
    assert torch.equal(y.isnan(), run(inputs, 'reference')['y'].isnan())
    assert y[1, ..., 2].isnan().any() and y[0].isfinite().all()


@pytest.mark.parametrize('backend', ['reference', *FAST_BACKENDS])
def test_any_strides(backend):
    inputs = make_inputs(2, 4, 6, 5, 3, 2, 4)
    expected = run(inputs, backend)
    # Channels first, every second row of a larger map, transposed parameters.
    inputs['u'] = inputs['u'].permute(0, 3, 1, 2).contiguous()
    inputs['u'] = inputs['u'].permute(0, 2, 3, 1)
    inputs['projected'] = inputs['projected'].repeat_interleave(2, 1)[:, ::2]
    inputs['A'] = inputs['A'].t().contiguous().t()
    assert_same(run(inputs, backend), expected, 1e-14)


@pytest.mark.parametrize('backend', FAST_BACKENDS)
def test_mixed_dtypes_under_autocast(backend):
    inputs = make_inputs(2, 5, 3, 5, 16, 2, 4)
    for name, x in inputs.items():
        half = name in ('u', 'projected')
        inputs[name] = x.to(torch.bfloat16 if half else torch.float32)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        y = scan(backend, None, *inputs.values())
    assert y.dtype == torch.bfloat16
    expected = run(inputs, 'reference')['y'].bfloat16()
    torch.testing.assert_close(y, expected)


def test_no_gradient_wanted():
    inputs = make_inputs(1, 2, 3, 4, 16, 2, 4)
    y = scan('auto', CROSS_ORDERS, *inputs.values())
    assert not y.requires_grad


def test_plain_pytorch_keeps_one_state_a_chunk_for_backward(monkeypatch):
    held = []

    class Chunk(chunked._Chunk):
        def __init__(self, inputs, h):
            held.append((h.untyped_storage().nbytes(), h.nbytes))
            super().__init__(inputs, h)

    monkeypatch.setattr(chunked, '_Chunk', Chunk)
    inputs = make_inputs(1, 9, 8, 40, 64, 2, 1)
    y = scan('torch', None, *(x.requires_grad_() for x in inputs.values()))
    assert y.requires_grad and len(held) > 10
    assert held == [(64 * 40 * 8,) * 2] * len(held)


@pytest.mark.parametrize('backend', ['reference', *FAST_BACKENDS])
def test_training_after_inference_mode(backend):
    inputs = make_inputs(1, 4, 11, 4, 16, 2, 4)
    order_table.cache_clear()
    order_indices.cache_clear()
    with torch.inference_mode():
        y = scan(backend, None, *inputs.values())
    assert torch.equal(run(inputs, backend)['y'], y)


BAD_SHAPES = [
    ('u', (2, 3, 4), 'u must have 4 dimensions'),
    ('u', (1, 0, 3, 4), 'none of them empty'),
    ('dt', (1, 2, 3, 2), 'dt must have 5 dimensions'),
    ('dt', (1, 2, 3, 7, 2), r'dt must have the shape \(1, 2, 3, 8, 2\)'),
    ('A', (32,), 'A must have 2 dimensions'),
    ('A', (8, 16), r'A must have the shape \(32, 16\)'),
    ('B', (1, 3, 2, 8, 16), r'B must have the shape \(1, 2, 3, 8, 16\)'),
    ('C', (1, 2, 3, 8, 15), r'C must have the shape \(1, 2, 3, 8, 16\)'),
    ('D', (8, 4), r'D must have the shape \(32,\)'),
    ('dt_weight', (8, 2, 4), r'dt_weight must have the shape \(8, 4, 2\)'),
    ('dt_bias', (32,), r'dt_bias must have the shape \(8, 4\)'),
]


@pytest.mark.parametrize(('name', 'shape', 'message'), BAD_SHAPES)
def test_shapes_that_do_not_fit(name, shape, message):
    shapes = dict(
        u=(1, 2, 3, 4),
        dt=(1, 2, 3, 8, 2),
        A=(32, 16),
        B=(1, 2, 3, 8, 16),
        C=(1, 2, 3, 8, 16),
        D=(32,),
        dt_weight=(8, 4, 2),
        dt_bias=(8, 4),
    )
    shapes[name] = shape
    tensors = {key: torch.zeros(value) for key, value in shapes.items()}
    with pytest.raises(ValueError, match=message):
        omni_selective_scan(**tensors, orders=OMNI_ORDERS)


@pytest.mark.parametrize('name', NAMES)
@torch.inference_mode()
def test_no_tensor_is_on_another_device(name):
    inputs = make_inputs(1, 2, 3, 4, 16, 2, 8)
    inputs[name] = inputs[name].to('meta')
    with pytest.raises(ValueError, match='must be on the device of u, '):
        scan('auto', None, *inputs.values())


@pytest.fixture
def not_built(monkeypatch):
    monkeypatch.setattr(cpu, 'library', lambda: 'not built')
    _choose_automatically.cache_clear()
    yield
    _choose_automatically.cache_clear()


def test_auto_does_without_the_library_and_says_so(not_built):
    inputs = make_inputs(1, 2, 3, 4, 16, 2, 4)
    with pytest.warns(UserWarning, match='is not built: run .* a slower one'):
        y = scan('auto', None, *inputs.values())
    assert_same({'y': y}, {'y': run(inputs, 'reference')['y']}, 1e-13)


def test_absent_backend_says_how_to_get_it(not_built):
    inputs = make_inputs(1, 2, 3, 4, 16, 2, 4)
    with pytest.raises(InputError, match="'cpu' is not built: run `pip inst"):
        scan('cpu', None, *inputs.values())
    assert 'pip install' in available_backends()['cpu']


def test_unknown_backend():
    inputs = make_inputs(1, 2, 3, 4, 16, 2, 4)
    with pytest.raises(InputError, match="choose 'auto' or one of cpu, triton"):
        scan('gpu', None, *inputs.values())


@needs_cpu
def test_backend_of_another_device():
    inputs = make_inputs(1, 2, 3, 4, 16, 2, 4)
    tensors = [x.to('meta') for x in inputs.values()]
    with pytest.raises(InputError, match='serves cpu tensors, not meta ones'):
        scan('cpu', None, *tensors)


def test_available_backends_lists_the_table():
    available = available_backends()
    assert list(available) == list(BACKENDS)
    assert available['torch'] is available['reference'] is None
