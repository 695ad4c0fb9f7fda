"""Each scan of a model is told which pixels it visits."""

import onnx.inliner
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from fer_yolo_mamba.deploy.scan_node import (
    DOMAIN,
    OPERATOR,
    OPSET,
    add_visits,
)
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.ops import CROSS_ORDERS, OMNI_ORDERS, TRUE_OMNI_ORDERS
from fer_yolo_mamba.ops.orders import order_table


def traced(orders, height, width):
    """A model of one scan, as the exporter gives it: sizes or their names."""
    sizes = [1, height, width, 3]
    images = helper.make_tensor_value_info('images', TensorProto.FLOAT, sizes)
    u = helper.make_tensor_value_info('u', TensorProto.FLOAT, sizes)
    nodes = [
        helper.make_node('Identity', ['images'], ['u']),
        helper.make_node(
            OPERATOR,
            ['u'],
            ['y'],
            domain=DOMAIN,
            orders=[order.value for order in orders],
        ),
    ]
    return helper.make_model(
        helper.make_graph(nodes, 'scan', [images], [], value_info=[u]),
        opset_imports=[
            helper.make_opsetid('', OPSET),
            helper.make_opsetid(DOMAIN, 1),
        ],
        ir_version=10,
    )


def expected(orders, height, width):
    return order_table(orders, height, width, torch.device('cpu')).tolist()


@pytest.mark.parametrize('orders', [OMNI_ORDERS, TRUE_OMNI_ORDERS])
def test_a_table_for_one_size(orders):
    model = traced(orders, 4, 6)
    add_visits(model)
    (table,) = model.graph.initializer
    scan = model.graph.node[-1]
    assert list(scan.input) == ['u', table.name]
    assert not scan.attribute
    assert numpy_helper.to_array(table).tolist() == expected(orders, 4, 6)


@pytest.mark.parametrize('orders', [OMNI_ORDERS, CROSS_ORDERS])
def test_found_in_the_graph_for_any_size(orders):
    model = traced(orders, 'H', 'W')
    add_visits(model)
    scan = model.graph.node.pop()
    model.graph.output.append(
        helper.make_tensor_value_info(scan.input[1], TensorProto.INT64, None)
    )
    model = onnx.inliner.inline_local_functions(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    for height, width in [(4, 6), (7, 3), (1, 5), (5, 1)]:
        images = torch.zeros(1, height, width, 3).numpy()
        (visits,) = session.run(None, {'images': images})
        assert visits.tolist() == expected(orders, height, width)


def test_true_diagonals_need_one_size():
    with pytest.raises(InputError, match='export it for one size'):
        add_visits(traced(TRUE_OMNI_ORDERS, 'H', 'W'))
