"""The scan inside compiled, exported and counted programs."""

import pytest
import torch
from omni_scan_cases import NAMES, assert_same, make_inputs, run, scan
from torch.utils.flop_counter import FlopCounterMode

from fer_yolo_mamba.models import OmniSS2D
from fer_yolo_mamba.ops import OMNI_ORDERS, cpu, register_flop_formulas

needs_cpu = pytest.mark.skipif(
    cpu.missing() is not None, reason=f"the backend 'cpu' {cpu.missing()}"
)
OPERATORS = [pytest.param('cpu', marks=needs_cpu), 'torch']


@pytest.mark.parametrize('name', OPERATORS)
@pytest.mark.parametrize('keep', [False, True])
def test_operators_pass_pytorchs_own_check(name, keep):
    inputs = make_inputs(2, 5, 3, 17, 16, 2, 4)
    u, projected, A, D, dt_weight, dt_bias = (
        inputs[key].requires_grad_(keep) for key in NAMES
    )
    dt, B, C = projected.split((2, 16, 16), dim=-1)
    operator = getattr(torch.ops.fer_yolo_mamba, f'omni_scan_{name}').default
    torch.library.opcheck(
        operator, (u, dt, A, B, C, D, dt_weight, dt_bias, [0, 5, 2, 7], keep)
    )


# The reference is no operator but traced through, table of orders included.
@pytest.mark.filterwarnings('ignore:.*lru_cache')
@pytest.mark.parametrize('backend', ['reference', *OPERATORS])
def test_compiled_as_one_graph(backend):
    inputs = make_inputs(1, 2, 3, 4, 16, 2, 4)
    expected = run(inputs, backend)
    compiled = torch.compile(scan, backend='aot_eager', fullgraph=True)
    leaves = [inputs[name].requires_grad_() for name in NAMES]
    y = compiled(backend, OMNI_ORDERS[:4], *leaves)
    weights = torch.linspace(-1, 2, y.numel(), dtype=y.dtype).view(y.shape)
    gradients = torch.autograd.grad(y, leaves, weights)
    actual = dict(zip(('y', *NAMES), (y.detach(), *gradients), strict=True))
    assert_same(actual, expected, 1e-14)


@pytest.mark.parametrize('backend', OPERATORS)
def test_compiled_under_autocast(backend):
    layer = OmniSS2D(4, scan_backend=backend)
    compiled = torch.compile(layer, backend='aot_eager', fullgraph=True)
    x = torch.rand(2, 3, 5, 4)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        torch.testing.assert_close(compiled(x), layer(x))


@pytest.mark.parametrize('backend', OPERATORS)
def test_exported_for_maps_of_any_size(backend):
    layer = OmniSS2D(4, scan_backend=backend).eval()
    dim = torch.export.Dim
    program = torch.export.export(
        layer,
        # Of several chunks: torch.export holds on to a single one.
        (torch.rand(2, 6, 8, 4),),
        dynamic_shapes=((dim.AUTO, dim.AUTO, dim.AUTO, dim.STATIC),),
    )
    for size in ((1, 7, 5), (3, 11, 13)):
        other = torch.rand(*size, 4)
        torch.testing.assert_close(program.module()(other), layer(other))
    calls = [node for node in program.graph.nodes if 'omni' in str(node.target)]
    assert len(calls) == 1


@pytest.mark.parametrize('backend', OPERATORS)
@torch.no_grad()
def test_operations_are_counted(backend):
    operators = register_flop_formulas()
    inputs = make_inputs(2, 5, 3, 17, 16, 3, 4)
    with FlopCounterMode(display=False) as counter:
        scan(backend, None, *inputs.values())
    # Recurrence, direct path and steps, for each pixel, direction and channel.
    expected = 2 * 5 * 3 * 4 * 17 * (9 * 16 + 1 + 2 * 3)
    (operator,) = (
        x for x in operators if str(x) == f'fer_yolo_mamba.omni_scan_{backend}'
    )
    assert counter.get_flop_counts()['Global'] == {operator: expected}
