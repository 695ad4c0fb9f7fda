"""Eight bits: in which layers, and how little they change."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper, parser

from fer_yolo_mamba.deploy.dense_detector import DenseDetector
from fer_yolo_mamba.deploy.export_options import ExportOptions, ScanForm
from fer_yolo_mamba.deploy.onnx_export import export_onnx
from fer_yolo_mamba.deploy.onnx_network import OnnxNetwork
from fer_yolo_mamba.deploy.quantization import quantize
from fer_yolo_mamba.ops import available_backends

# Two convolutions with a SiLU between them, a linear layer, a function that
# multiplies matrices as a scan does, and the convolution of a result.
LAYERS = """
<ir_version: 10, opset_import: ["": 18, "fer_yolo_mamba": 1]>
layers (float[N, 3, 8, 8] images) => (float[N, 2, 8, 8] boxes)
{
  [first] x = Conv <pads=[1, 1, 1, 1]> (images, w1)
  [gate] g = Sigmoid (x)
  [silu] s = Mul (g, x)
  [second] y = Conv (s, w2)
  [linear] z = MatMul (y, w3)
  [scan] scanned = fer_yolo_mamba.Twice (z, w5)
  [other] gated = Sigmoid (scanned)
  [product] features = Mul (gated, scanned)
  [prediction] raw = Conv (features, w4)
  [decoding] boxes = Exp (raw)
}
<domain: "fer_yolo_mamba", opset_import: ["": 18]>
Twice (x, w) => (y)
{
  once = MatMul (x, w)
  y = MatMul (once, w)
}
"""
WEIGHTS = dict(
    w1=(4, 3, 3, 3), w2=(4, 4, 1, 1), w3=(8, 8), w4=(2, 4, 1, 1), w5=(8, 8)
)


def pictures(count, *shape):
    generator = np.random.default_rng(0)
    for _ in range(count):
        yield generator.standard_normal(shape).astype(np.float32)


@pytest.fixture(scope='module')
def layers():
    model = parser.parse_model(LAYERS)
    generator = np.random.default_rng(1)
    for name, shape in WEIGHTS.items():
        scale = np.prod(shape[1:]) ** -0.5
        weight = (scale * generator.standard_normal(shape)).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(weight, name))
    return model


def in_eight_bits(graph):
    """Names of the nodes that read nothing but what was quantised."""
    dequantized = {
        node.output[0]
        for node in graph.node
        if node.op_type == 'DequantizeLinear'
    }
    return {node.name for node in graph.node if {*node.input} <= dequantized}


def run(model, images):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {'images': images})


def test_which_layers(layers):
    before = layers.SerializeToString()
    quantized = quantize(layers, pictures(4, 1, 3, 8, 8))
    found = in_eight_bits(quantized.graph)
    assert {'first', 'gate', 'silu', 'second', 'linear'} <= found
    assert not {'scan', 'other', 'product', 'prediction', 'decoding'} & found
    (scan,) = quantized.functions
    assert [node.op_type for node in scan.node] == ['MatMul', 'MatMul']
    assert layers.SerializeToString() == before
    (image,) = pictures(1, 1, 3, 8, 8)
    (expected,), (boxes,) = run(layers, image), run(quantized, image)
    np.testing.assert_allclose(boxes, expected, rtol=0.1)
    assert (boxes != expected).any()


@pytest.fixture(scope='module', params=ScanForm)
def network(request, build_narrow, describe, tmp_path_factory):
    """A network for squares of 64 pixels in both forms, and its file."""
    if request.param is ScanForm.NATIVE and available_backends()['cpu']:
        pytest.skip('the C++ scan is not built')
    model = export_onnx(
        build_narrow(),
        describe(sizes=(1.0, 0.5)),
        ExportOptions(request.param),
        pictures(4, 1, 3, 64, 64),
    )
    path = tmp_path_factory.mktemp('int8') / 'faces.onnx'
    onnx.save(model, path)
    return OnnxNetwork(path), model


def test_a_network_says_nearly_the_same(network, build_narrow):
    in_eight, _ = network
    (images,) = pictures(1, 1, 3, 64, 64)
    with torch.no_grad():
        expected = DenseDetector(build_narrow())(torch.from_numpy(images))
    for found, x, tolerance in zip(
        in_eight(images), expected, (2.0, 0.02), strict=True
    ):
        error = np.abs(found - x.numpy())
        assert 0 < error.mean() < tolerance


def test_a_network_computes_in_eight_bits(network):
    _, model = network
    found = in_eight_bits(model.graph)
    # Scores, boxes and objectness of three levels stay as they are.
    others = [
        node.input[1]
        for node in model.graph.node
        if node.op_type == 'Conv' and node.name not in found
    ]
    assert len(others) == 9
    assert all('.multi_level_conv_' in name for name in others)
    assert {x.key for x in model.metadata_props} == {'fer_yolo_mamba'}
    assert {x.domain for x in model.opset_import} <= {'', 'fer_yolo_mamba'}
    onnx.checker.check_model(model)
