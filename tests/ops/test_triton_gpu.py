"""The Triton kernels: on a GPU, or else in Triton's interpreter on the CPU."""

import importlib.util

import pytest
import torch
from omni_scan_cases import NAMES, assert_same, make_inputs, run

from fer_yolo_mamba.ops import OMNI_ORDERS, TRUE_OMNI_ORDERS, ScanInputs
from fer_yolo_mamba.ops.orders import order_indices

DEVICE = 'cuda' if torch.cuda.is_available() else 'cpu'

# The interpreter of version 3.3 does not work with NumPy 2.
version = '3.3' if DEVICE == 'cuda' else '3.7'
triton = pytest.importorskip('triton', minversion=version)
tl = pytest.importorskip('triton.language')

from fer_yolo_mamba.ops import triton_gpu  # noqa: E402
from fer_yolo_mamba.ops.triton_kernels import parts  # noqa: E402


@triton.jit(do_not_specialize=('height', 'width'))
def visit(paths, pixels, height, width, TABLE: tl.constexpr):
    direction, length = tl.program_id(0), height * width
    position = tl.program_id(1) * 1024 + tl.arange(0, 1024)
    position = tl.minimum(position, length - 1)
    path = parts.find_path(paths, direction, height, width, TABLE)
    pixel = parts.pixel_at(position, path, height, width, TABLE)
    tl.store(pixels + direction * length + position, pixel)


# The GPU's exponential, reciprocal and order of sums differ from the CPU's.
FLOAT32 = 2e-6 if DEVICE == 'cpu' else 1e-5


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Several spans even in small maps; the blocks that large inputs have."""
    monkeypatch.setattr(triton_gpu, '_SPAN', 8)
    monkeypatch.setattr(triton_gpu, '_enough', lambda device: 0)


def run_triton(inputs, dtype=torch.float32, orders=None):
    """As ``run``, by calling the backend; parameters at least in float32."""
    parameters = torch.promote_types(dtype, torch.float32)
    u, projected = (inputs[name].to(DEVICE, dtype) for name in NAMES[:2])
    A, D, dt_weight, dt_bias = (
        inputs[name].to(DEVICE, parameters) for name in NAMES[2:]
    )
    orders = orders or OMNI_ORDERS[: len(dt_weight)]
    states, rank = A.shape[-1], dt_weight.shape[-1]
    dt, B, C = projected.split((rank, states, states), dim=-1)
    scan_inputs = ScanInputs(u, dt, A, B, C, D, dt_weight, dt_bias)

    y, kept = triton_gpu.forward(scan_inputs, orders, keep=True)
    assert kept.shape == triton_gpu.kept_shape(scan_inputs)
    weights = torch.linspace(-1, 2, y.numel(), dtype=torch.float64)
    weights = weights.to(DEVICE, dtype).view(y.shape)
    grad_u, grad_projected, grad_parameters = triton_gpu.backward(
        weights, kept, scan_inputs, orders
    )
    assert y.dtype == grad_u.dtype == dtype
    grad_A, grad_weight, grad_bias, grad_D = grad_parameters.split(
        (states, rank, 1, 1), dim=-1
    )
    results = (
        y,
        grad_u,
        grad_projected,
        grad_A.reshape(A.shape),
        grad_D.reshape(D.shape),
        grad_weight,
        grad_bias.reshape(dt_bias.shape),
    )
    return dict(zip(('y', *NAMES), (x.cpu() for x in results), strict=True))


# batch, height, width, channels, states, rank, directions
SIZES = [
    (1, 1, 1, 1, 1, 1, 1),
    (3, 1, 7, 5, 3, 3, 1),
    (1, 7, 1, 33, 16, 1, 2),
    (2, 5, 2, 16, 17, 3, 1),
    (1, 7, 5, 32, 16, 4, 1),
    (1, 3, 4, 9, 64, 2, 1),
]


@pytest.mark.parametrize('size', SIZES, ids=str)
def test_output_and_gradients_agree_with_reference(size):
    inputs = make_inputs(*size)
    assert_same(run_triton(inputs), run(inputs, 'reference'), FLOAT32)


def test_float64():
    inputs = make_inputs(1, 3, 3, 5, 3, 2, 1)
    actual = run_triton(inputs, torch.float64)
    assert_same(actual, run(inputs, 'reference'), 1e-14)


@pytest.mark.parametrize(
    ('dtype', 'tolerance'), [(torch.bfloat16, 1e-2), (torch.float16, 2e-3)]
)
def test_halves_are_read_and_written_but_not_computed_with(dtype, tolerance):
    inputs = make_inputs(1, 3, 3, 5, 16, 2, 1)
    for name in ('u', 'projected'):
        inputs[name] = inputs[name].to(dtype).double()
    expected = run(inputs, 'reference')
    actual = run_triton(inputs, dtype)
    assert_same(actual, expected, tolerance)
    # Rounded once, at the end.
    assert torch.equal(actual['y'], run_triton(inputs)['y'].to(dtype))


@pytest.mark.parametrize('orders', [OMNI_ORDERS, TRUE_OMNI_ORDERS[4:]])
def test_directions_are_put_back_in_place_and_summed(orders):
    inputs = make_inputs(1, 2, 3, 4, 2, 1, len(orders))
    expected = run(inputs, 'reference', orders=orders)
    assert_same(run_triton(inputs, orders=orders), expected, FLOAT32)


# Up to the largest whose paths are computed.
MAPS = [(1, 1), (1, 7), (7, 1), (5, 3), (13, 17), (1, 23170), (23170, 1)]


@pytest.mark.parametrize('size', MAPS, ids=str)
@pytest.mark.parametrize('orders', [OMNI_ORDERS, TRUE_OMNI_ORDERS])
def test_paths_are_those_of_the_orders(orders, size):
    length = size[0] * size[1]
    paths, is_table = triton_gpu._paths(orders, *size, torch.device(DEVICE))
    assert is_table == (orders is TRUE_OMNI_ORDERS)
    pixels = paths.new_zeros(len(orders), length)
    grid = (len(orders), triton.cdiv(length, 1024))
    visit[grid](paths, pixels, *size, is_table)
    for order, visited in zip(orders, pixels.tolist(), strict=True):
        assert visited == order_indices(order, *size).tolist()


def test_paths_of_very_large_maps_are_looked_up():
    for size in ((1, 23171), (23171, 1), (813, 813)):
        paths, is_table = triton_gpu._paths(
            OMNI_ORDERS[:1], *size, torch.device(DEVICE)
        )
        assert is_table
        assert paths.shape == (1, size[0] * size[1])


EXTREMES = {
    'steps of zero': dict(dt_bias=-100.0),
    'long steps': dict(dt_bias=100.0),
    'no decay': dict(A=0.0),
    'at once forgotten': dict(A=-1e4),
    'long steps, at once forgotten': dict(A=-1e4, dt_bias=100.0),
    'nothing comes in': dict(u=0.0, projected=0.0),
}


@pytest.mark.parametrize('values', EXTREMES.values(), ids=EXTREMES)
def test_extreme_values(values):
    inputs = make_inputs(1, 3, 3, 5, 3, 2, 1)
    for name, value in values.items():
        inputs[name].fill_(value)
    expected = run(inputs, 'reference', torch.float32)
    assert_same(run_triton(inputs), expected, 2.5 * FLOAT32)


def test_small_steps_keep_their_digits():
    """log(1 + e) in float32 would leave a tenth of a percent of them."""
    x = torch.linspace(-16, 30, 8)
    inputs = make_inputs(1, 1, 1, len(x), 1, 1, 1)
    inputs['projected'] = torch.ones(1, 1, 1, 1, 3)
    inputs |= dict(u=torch.ones(1, 1, 1, len(x)), D=torch.zeros(len(x)))
    inputs |= dict(dt_weight=torch.zeros(1, len(x), 1), dt_bias=x[None])
    delta = run_triton(inputs)['y'].flatten()
    expected = torch.nn.functional.softplus(x.double()).float()
    torch.testing.assert_close(delta, expected, rtol=FLOAT32, atol=0)


def test_small_inputs_are_cut_into_small_blocks(monkeypatch):
    monkeypatch.setattr(triton_gpu, '_enough', lambda device: 10**6)
    inputs = make_inputs(2, 2, 3, 18, 16, 2, 1)
    assert_same(run_triton(inputs), run(inputs, 'reference'), FLOAT32)


def test_any_strides():
    inputs = make_inputs(2, 2, 3, 5, 3, 2, 1)
    expected = run_triton(inputs)
    # Channels first, every second row of a larger map, transposed parameters.
    inputs['u'] = inputs['u'].permute(0, 3, 1, 2).contiguous()
    inputs['u'] = inputs['u'].permute(0, 2, 3, 1)
    inputs['projected'] = inputs['projected'].repeat_interleave(2, 1)[:, ::2]
    inputs['A'] = inputs['A'].t().contiguous().t()
    assert_same(run_triton(inputs), expected, 1e-6)


def test_directions_that_share_one_projection():
    inputs = make_inputs(1, 2, 3, 5, 3, 2, 2)
    one = inputs['projected'][..., :1, :].float()
    inputs['projected'] = one.repeat_interleave(2, dim=3)
    expected = run_triton(inputs)
    inputs['projected'] = one.expand(-1, -1, -1, 2, -1)
    assert_same(run_triton(inputs), expected, 1e-6)


def test_nothing_is_kept_where_no_backward_follows():
    inputs = make_inputs(1, 2, 2, 3, 2, 1, 1)
    u, projected, A, *parameters = (
        inputs[name].float().to(DEVICE) for name in NAMES
    )
    dt, B, C = projected.split((1, 2, 2), dim=-1)
    arguments = ScanInputs(u, dt, A, B, C, *parameters), OMNI_ORDERS[:1]
    y, kept = triton_gpu.forward(*arguments, keep=False)
    assert kept.shape == (0,)
    assert torch.equal(y, triton_gpu.forward(*arguments, keep=True)[0])


def test_it_says_what_is_missing(monkeypatch):
    assert triton_gpu.missing() is None
    monkeypatch.delenv('TRITON_INTERPRET', raising=False)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(triton_gpu.shutil, 'which', lambda name: name)
    monkeypatch.setattr(triton, '__version__', '3.2.0')
    assert 'needs Triton 3.3 or later, not 3.2.0' in triton_gpu.missing()
    monkeypatch.setattr(triton_gpu.shutil, 'which', lambda name: None)
    assert 'needs a C compiler' in triton_gpu.missing()
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    assert 'needs Triton: run `pip install' in triton_gpu.missing()
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert 'needs a CUDA device' in triton_gpu.missing()


COMPILE = """
import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from fer_yolo_mamba.ops import OMNI_ORDERS, TRUE_OMNI_ORDERS, ScanInputs
from fer_yolo_mamba.ops import triton_gpu, triton_kernels

TYPES = {torch.float32: '*fp32', torch.bfloat16: '*bf16', torch.int32: '*i32'}

class Compiler:
    def __init__(self, kernel):
        self.kernel = kernel

    def __getitem__(self, grid):
        return self.compile

    def compile(self, num_warps, **arguments):
        constants, signature = {}, {}
        for parameter in self.kernel.params:
            value = arguments.pop(parameter.name)
            if parameter.is_constexpr:
                signature[parameter.name] = 'constexpr'
                constants[parameter.name] = value
            elif isinstance(value, int):
                signature[parameter.name] = 'i32'
            else:
                signature[parameter.name] = TYPES[value.dtype]
        assert not arguments
        compiled = triton.compile(
            ASTSource(self.kernel, signature, constants),
            GPUTarget('cuda', 80, 32),
            dict(num_warps=num_warps),
        )
        print(self.kernel.__name__, 'shfl' in compiled.asm['ptx'])

triton_kernels.forward = Compiler(triton_kernels.forward)
triton_kernels.backward = Compiler(triton_kernels.backward)
for dtype, rank, states, orders in (
    (torch.float32, 2, 16, OMNI_ORDERS),
    (torch.bfloat16, 3, 5, TRUE_OMNI_ORDERS),
):
    u = torch.zeros(1, 4, 4, 32, dtype=dtype)
    row = torch.zeros(1, 4, 4, 8, rank + 2 * states, dtype=dtype)
    dt, B, C = row.split((rank, states, states), dim=-1)
    inputs = ScanInputs(
        u, dt, torch.zeros(256, states), B, C, torch.zeros(256),
        torch.zeros(8, 32, rank), torch.zeros(8, 32))
    y, kept = triton_gpu.forward(inputs, orders, keep=True)
    triton_gpu.backward(y, kept, inputs, orders)
"""


def test_kernels_compile_for_a_gpu_that_is_not_there(
    run_python, monkeypatch, tmp_path
):
    """Unlike the interpreter, the compiler knows the types of everything.

    A thread of forward has all states of a channel, so that no two exchange
    anything; in backward they have to.
    """
    monkeypatch.delenv('TRITON_INTERPRET', raising=False)
    monkeypatch.setenv('TRITON_CACHE_DIR', str(tmp_path))
    lines = run_python(COMPILE).splitlines()
    assert lines == ['forward False', 'backward True'] * 2
