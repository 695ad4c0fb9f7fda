"""Convolutions and linear layers in 8 bits, by onnxruntime's quantisation.

Weights have a scale a channel and activations one a tensor, from the smallest
and largest value that pictures of faces bring about; pairs of QuantizeLinear
and DequantizeLinear, standard operators, say so in the graph. A SiLU after a
convolution is quantised with it: what goes from 8 bits to floating point and
back costs more than the convolution saves.

Left in floating point are the scans, with the projections that steer them, and
all from the last convolution before a result on: predictions of boxes would
lose a pixel by the steps of 8 bits, and take next to no time.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.quant_utils import add_pre_process_metadata

_LAYERS = ('Conv', 'MatMul')
_SILU = ('Sigmoid', 'Mul')


def quantize(model: ModelProto, pictures: Iterable[np.ndarray]) -> ModelProto:
    """Quantises a model by what pictures bring about in it.

    Args:
        model: Takes ``images``; onnxruntime runs it without a kernel of this
            project, so its scans have their functions. What is inside of
            functions is not quantised. The model stays as it is.
        pictures: Batches (B, 3, H, W), float32, in all sizes that the model
            is to be used with, at least one; each is looked at once.
    """
    graph = model.graph
    layers = _layers_before_the_last(graph)
    quantized = ModelProto()
    quantized.CopyFrom(model)
    # Batch normalisations are fused and constants folded as it would.
    add_pre_process_metadata(quantized)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'quantized.onnx'
        quantize_static(
            quantized,
            path,
            _Pictures(pictures),
            op_types_to_quantize=[*_LAYERS, *_SILU],
            nodes_to_quantize=[
                node.name for node in (*layers, *_silus_of(layers, graph))
            ],
            per_channel=True,
            # Seven bits of weights: a processor without VNNI instructions adds
            # two products in 16 bits, which eight would overflow.
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options=dict(
                # Of a linear layer; scans multiply activations.
                MatMulConstBOnly=True,
                # Its result goes on in floating point, to a norm or a scan.
                OpTypesToExcludeOutputQuantization=['MatMul'],
            ),
        )
        return onnx.load(path)


class _Pictures(CalibrationDataReader):
    """Batches as onnxruntime asks for them."""

    def __init__(self, batches: Iterable[np.ndarray]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self._batches, None)
        return None if batch is None else dict(images=batch)


def _layers_before_the_last(graph: GraphProto) -> list[NodeProto]:
    """All but those that lead to a result without another one between."""
    makers = {name: node for node in graph.node for name in node.output}
    last, seen = set(), set()
    names = [value.name for value in graph.output]
    while names:
        name = names.pop()
        node = makers.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        if node.op_type in _LAYERS:
            last.add(node.name)
        else:
            names += node.input
    return [
        node
        for node in graph.node
        if node.op_type in _LAYERS and node.name not in last
    ]


def _silus_of(
    layers: Iterable[NodeProto], graph: GraphProto
) -> Iterator[NodeProto]:
    """Both nodes of each x * sigmoid(x) whose x a convolution gives."""
    results = {x.output[0] for x in layers if x.op_type == 'Conv'}
    gates = {
        node.output[0]: node
        for node in graph.node
        if node.op_type == 'Sigmoid' and node.input[0] in results
    }
    for node in graph.node:
        if node.op_type == 'Mul':
            for gate, x in (node.input, reversed(node.input)):
                if gate in gates and gates[gate].input[0] == x:
                    yield gates[gate]
                    yield node
