"""A scan as one node of an ONNX graph, ``fer_yolo_mamba.OmniScan``.

The node's inputs are the tensors of ``ops.ScanInputs``, in their order, then
the pixel visited at each position of each direction, (K, L) int64, every pixel
once; its output is that of ``ops.omni_selective_scan``. :mod:`.portable_scan`
puts standard operators in its place; ``ops/csrc/onnx_operator.cpp`` has a
kernel for it, which refuses inputs that do not fit.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn as nn
from onnx import ModelProto, NodeProto, helper, numpy_helper, parser
from torch import Tensor

from ..errors import InputError
from ..models.mixers import OmniSS2D
from ..ops import ScanInputs, ScanOrder
from ..ops.orders import order_table
from ..ops.scan import BACKENDS

DOMAIN = 'fer_yolo_mamba'
OPERATOR = 'OmniScan'
VERSION = 1
OPSET = 18
"""Version of ONNX's standard operators in every exported model."""

# As a backend of the scan (see ops/backend.py), which is one only while a
# graph is traced: its results have a shape and no values.
DEVICE_TYPE = None
READS_HALVES = False


def missing() -> None:
    """Always there."""


def scan(inputs: ScanInputs, orders: tuple[ScanOrder, ...]) -> Tensor:
    """The node, (batch, H, W, D)."""
    return torch.onnx.ops.symbolic(
        f'{DOMAIN}::{OPERATOR}',
        inputs,
        dict(orders=[order.value for order in orders]),
        dtype=inputs.u.dtype,
        shape=inputs.u.shape,
        version=VERSION,
    )


@contextmanager
def scans_as_nodes(model: nn.Module) -> Iterator[None]:
    """Inside, whoever traces the model meets one node for each scan."""
    layers = [x for x in model.modules() if isinstance(x, OmniSS2D)]
    before = [layer.scan_backend for layer in layers]
    BACKENDS[OPERATOR] = sys.modules[__name__]
    for layer in layers:
        layer.scan_backend = OPERATOR
    try:
        yield
    finally:
        del BACKENDS[OPERATOR]
        for layer, backend in zip(layers, before, strict=True):
            layer.scan_backend = backend


def add_visits(model: ModelProto) -> None:
    """Gives each node of a traced model the pixels that it visits.

    A table where its map has one size; otherwise the function ``Visits``,
    which finds them in the graph.

    Raises:
        InputError: The latter for an order that is no arithmetic.
    """
    shapes = {
        value.name: value.type.tensor_type.shape.dim
        for value in model.graph.value_info
    }
    nodes = list(model.graph.node)
    del model.graph.node[:]
    for node in nodes:
        if node.op_type == OPERATOR:
            (names,) = (x.strings for x in node.attribute)
            orders = tuple(ScanOrder(name.decode()) for name in names)
            del node.attribute[:]
            _, height, width, _ = shapes[node.input[0]]
            if height.HasField('dim_value') and width.HasField('dim_value'):
                size = height.dim_value, width.dim_value
                node.input.append(_table(model, orders, *size))
            else:
                node.input.append(_found_in_graph(model, orders, node))
        model.graph.node.append(node)


def _table(
    model: ModelProto, orders: tuple[ScanOrder, ...], height: int, width: int
) -> str:
    """Name of the initializer that holds the visits, shared by equal maps."""
    name = f'visits_{height}x{width}_' + '_'.join(x.value for x in orders)
    if name not in {x.name for x in model.graph.initializer}:
        table = order_table(orders, height, width, torch.device('cpu'))
        model.graph.initializer.append(
            numpy_helper.from_array(table.numpy(), name)
        )
    return name


def _found_in_graph(
    model: ModelProto, orders: Sequence[ScanOrder], node: NodeProto
) -> str:
    """Name of the output of a new node ``Visits`` before this one."""
    walks = [order.walk for order in orders]
    if None in walks:
        raise InputError(
            'diagonals that do not wrap around cannot be scanned in a model '
            'for any size: export it for one size.'
        )
    if not model.functions:
        model.functions.append(parser.parse_function(_VISITS))
    (map_of_pixels, *_), visits = node.input, f'{node.output[0]}_visits'
    model.graph.node.append(
        helper.make_node(
            'Visits',
            [map_of_pixels],
            [visits],
            domain=DOMAIN,
            by_rows=[int(walk.by_rows) for walk in walks],
            slopes=[walk.slope for walk in walks],
            reversals=[int(walk.is_reversed) for walk in walks],
        )
    )
    return visits


# ops.orders.Walk in numbers: position p, or L - 1 - p, is number p % H on line
# p // H. K walks below each other, (K, L).
_VISITS = f"""
<domain: "{DOMAIN}", opset_import: ["": {OPSET}]>
Visits <by_rows, slopes, reversals> (pixels) => (visits)
{{
  one = Constant<value_int=1>()
  zero = Constant<value_int=0>()
  column = Constant<value_ints=[-1, 1]>()
  every_size = Shape(pixels)
  H = Gather<axis=0>(every_size, one)
  two = Constant<value_int=2>()
  W = Gather<axis=0>(every_size, two)
  L = Mul(H, W)
  forwards = Range(zero, L, one)
  last = Sub(L, one)
  backwards = Sub(last, forwards)
  reversal_numbers = Constant<value_ints: ints = @reversals>()
  reversal_column = Reshape(reversal_numbers, column)
  is_reversed = Cast<to=9>(reversal_column)
  p = Where(is_reversed, backwards, forwards)
  line = Div(p, H)
  row = Mod(p, H)
  slope_numbers = Constant<value_ints: ints = @slopes>()
  slope_column = Reshape(slope_numbers, column)
  shift = Mul(slope_column, row)
  shifted = Add(line, shift)
  wrapped = Mod(shifted, W)
  first_of_row = Mul(row, W)
  pixel = Add(first_of_row, wrapped)
  by_rows_numbers = Constant<value_ints: ints = @by_rows>()
  by_rows_column = Reshape(by_rows_numbers, column)
  in_rows = Cast<to=9>(by_rows_column)
  visits = Where(in_rows, p, pixel)
}}
"""
