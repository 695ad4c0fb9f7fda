"""The scan in standard operators says what the reference says."""

import numpy as np
import onnx.inliner
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from fer_yolo_mamba.deploy.portable_scan import scan_functions
from fer_yolo_mamba.deploy.scan_node import DOMAIN, OPERATOR, OPSET
from fer_yolo_mamba.ops import (
    OMNI_ORDERS,
    TRUE_OMNI_ORDERS,
    ScanInputs,
    omni_selective_scan,
)
from fer_yolo_mamba.ops.orders import order_table


def session_of(operator, inputs):
    """A model of one call of a function."""
    values = [
        helper.make_tensor_value_info(
            name,
            helper.np_dtype_to_tensor_dtype(value.dtype),
            value.shape,
        )
        for name, value in inputs.items()
    ]
    y = helper.make_tensor_value_info('y', TensorProto.FLOAT, None)
    node = helper.make_node(operator, list(inputs), ['y'], domain=DOMAIN)
    model = helper.make_model(
        helper.make_graph([node], 'scan', values, [y]),
        functions=scan_functions(),
        opset_imports=[
            helper.make_opsetid('', OPSET),
            helper.make_opsetid(DOMAIN, 1),
        ],
        ir_version=10,
    )
    model = onnx.inliner.inline_local_functions(model)
    assert {node.domain for node in model.graph.node} == {''}
    return onnxruntime.InferenceSession(model.SerializeToString())


def run(operator, **inputs):
    (y,) = session_of(operator, inputs).run(None, inputs)
    return y


def scan(inputs, orders):
    height, width = inputs.u.shape[1:3]
    visits = order_table(orders, height, width, torch.device('cpu'))
    arrays = {
        name: x.contiguous().numpy() for name, x in inputs._asdict().items()
    }
    return run(OPERATOR, **arrays, visits=visits.numpy())


def random_inputs(batch, height, width, channels, states=4, rank=2):
    torch.manual_seed(0)
    maps = batch, height, width
    return ScanInputs(
        u=torch.randn(*maps, channels),
        dt=torch.randn(*maps, 8, rank),
        A=-torch.rand(8 * channels, states) * 8,
        B=torch.randn(*maps, 8, states),
        C=torch.randn(*maps, 8, states),
        D=torch.randn(8 * channels),
        dt_weight=torch.randn(8, channels, rank),
        dt_bias=torch.randn(8, channels),
    )


def require_as_reference(inputs, orders=OMNI_ORDERS):
    expected = omni_selective_scan(
        *(x.double() for x in inputs), orders, 'reference'
    ).numpy()
    error = np.abs(scan(inputs, orders) - expected)
    assert error.max() < 2e-6 * np.abs(expected).max()


@pytest.mark.parametrize('orders', [OMNI_ORDERS, TRUE_OMNI_ORDERS])
@pytest.mark.parametrize(
    'shape', [(1, 5, 7, 3), (2, 4, 3, 8), (3, 1, 6, 1), (1, 1, 1, 2)]
)
def test_scan_is_the_references(shape, orders):
    require_as_reference(random_inputs(*shape), orders)


@pytest.mark.parametrize('rate', [-1e-6, -1.0, -1e4])
@pytest.mark.parametrize('step', [-60.0, -12.0, 0.0, 100.0])
def test_extreme_steps_and_rates(step, rate):
    inputs = random_inputs(1, 6, 5, 4)
    require_as_reference(
        inputs._replace(
            A=rate * torch.rand_like(inputs.A),
            dt_bias=torch.full_like(inputs.dt_bias, step),
        )
    )


def test_steps_from_nothing_to_a_hundred_side_by_side():
    inputs = random_inputs(1, 6, 5, 4)
    require_as_reference(
        inputs._replace(
            A=-torch.logspace(-6, 4, 128).view(32, 4),
            dt_weight=40 * inputs.dt_weight,
        )
    )


def test_softplus_is_exact():
    x = np.linspace(-80, 120, 100_001, dtype=np.float32)
    wide = x.astype(np.float64)
    expected = np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))
    error = np.abs(run('ExactSoftplus', x=x) - expected) / expected
    assert error.max() < 4e-7
