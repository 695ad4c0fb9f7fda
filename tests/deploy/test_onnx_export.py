"""An exported model says what the network says, and what it is."""

import onnx
import pytest
import torch
from sharp_detectors import BASELINES, SIDES, build_sharp

from fer_yolo_mamba.deploy.dense_detector import DenseDetector
from fer_yolo_mamba.deploy.onnx_export import (
    ExportOptions,
    ScanForm,
    export_onnx,
)
from fer_yolo_mamba.deploy.onnx_network import METADATA_KEY, OnnxNetwork
from fer_yolo_mamba.engine.description import Description
from fer_yolo_mamba.errors import InputError

# Of the classes: their shares in the training are not those of faces.
SHIFT = (0.5, -1.25, 0.0, 2.0, -0.75, 1.0, 0.125)
# Those whose graphs differ from the full model's in kind.
ABLATIONS = (
    *('d_state_1', 'frm', 'gated_conv', 'shared_projections', 'ss2d'),
    'true_diagonals',
)
NARROW = {
    f'model.{part}.widen_factor': 0.125
    for part in ('backbone', 'neck', 'bbox_head.head_module')
}


def written(model, folder):
    path = folder / 'model.onnx'
    path.write_bytes(model.SerializeToString())
    return path


@torch.no_grad()
def require_same(network, detector, *shape):
    """Boxes within 0.01 pixels, scores within 1e-4."""
    torch.manual_seed(1)
    images = torch.randn(shape)
    found = network(images.numpy())
    expected = DenseDetector(detector)(images)
    for x, y, tolerance in zip(found, expected, (1e-2, 1e-4), strict=True):
        assert x.dtype == 'float32'
        torch.testing.assert_close(
            torch.from_numpy(x), y, atol=tolerance, rtol=1e-5
        )


@pytest.fixture(scope='module')
def for_any_size(build_narrow, describe):
    detector = build_narrow()
    options = ExportOptions(dynamic_batch=True, dynamic_size=True)
    description = describe(sizes=(1.0, 0.5), score_thr=0.25, shift=SHIFT)
    return export_onnx(detector, description, options), detector


def test_model_for_one_size(for_one_size, tmp_path):
    model, detector = for_one_size
    network = OnnxNetwork(written(model, tmp_path))
    require_same(network, detector, 1, 3, 64, 64)
    require_same(network, detector, 3, 3, 64, 64)
    # It cannot look at a photograph in another size.
    assert network.sizes == (1.0,)
    with pytest.raises(InputError, match='of 64x64 pixels, not of 32x32'):
        network(torch.zeros(1, 3, 32, 32).numpy())


def test_model_for_any_size(for_any_size, tmp_path):
    model, detector = for_any_size
    network = OnnxNetwork(written(model, tmp_path))
    for shape in [(1, 3, 64, 64), (2, 3, 32, 32), (3, 3, 96, 160)]:
        require_same(network, detector, *shape)
    assert network.sizes == (1.0, 0.5)
    assert (network.score_thr, network.shift) == (0.25, SHIFT)


@pytest.mark.parametrize('kind', ['for_one_size', 'for_any_size'])
def test_model_is_standard_onnx(kind, request):
    model, _ = request.getfixturevalue(kind)
    onnx.checker.check_model(model, full_check=True)
    assert [(x.domain, x.version) for x in model.opset_import] == [('', 18)]
    assert {node.domain for node in model.graph.node} == {''}
    assert not model.functions


def test_model_describes_itself_and_nobody_else(for_any_size, describe):
    model, _ = for_any_size
    (entry,) = model.metadata_props
    assert entry.key == METADATA_KEY
    assert Description.from_json(entry.value) == describe(
        sizes=(1.0, 0.5), score_thr=0.25, shift=SHIFT
    )
    # No lines and no paths of programs.
    assert b'.py' not in model.SerializeToString()


@pytest.mark.parametrize('method', BASELINES)
def test_baseline(method, repository, describe, tmp_path):
    config = repository / f'configs/baselines/{method}_rafdb.py'
    detector = build_sharp(config)
    side = SIDES.get(method, 64)
    model = export_onnx(detector, describe(side))
    network = OnnxNetwork(written(model, tmp_path))
    require_same(network, detector, 1, 3, side, side)


@pytest.mark.parametrize('ablation', ABLATIONS)
def test_ablation(ablation, repository, describe, tmp_path):
    config = repository / f'configs/ablations/{ablation}_rafdb.py'
    detector = build_sharp(config, **NARROW)
    model = export_onnx(detector, describe())
    assert {node.domain for node in model.graph.node} == {''}
    network = OnnxNetwork(written(model, tmp_path))
    require_same(network, detector, 1, 3, 64, 64)


def test_native_scans_stay_nodes(build_narrow, describe):
    model = export_onnx(
        build_narrow(), describe(), ExportOptions(ScanForm.NATIVE)
    )
    scans = [x for x in model.graph.node if x.domain == 'fer_yolo_mamba']
    assert [x.op_type for x in scans] == ['OmniScan'] * 4
