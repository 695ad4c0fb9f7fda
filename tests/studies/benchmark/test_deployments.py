"""Files and runtimes of a deployment, and the page about them."""

import json

import pytest
import torch

pytest.importorskip('onnxruntime')
pytest.importorskip('onnxscript')

from onnx import helper, parser

from fer_yolo_mamba.compat.environment import Environment
from fer_yolo_mamba.deploy.onnx_network import METADATA_KEY
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.description import Description, InputSide
from fer_yolo_mamba.studies.benchmark import deployments
from fer_yolo_mamba.studies.benchmark.deploy_report import DeployReport
from fer_yolo_mamba.studies.benchmark.deployments import (
    Deployment,
    Footprint,
    Latency,
    compare_deployments,
    measure_footprint,
    write_deployments,
)
from fer_yolo_mamba.studies.benchmark.measures import Series
from fer_yolo_mamba.studies.benchmark.runtimes import RUNTIMES

PIXELS = """
<ir_version: 10, opset_import: ["": 18]>
pixels (float[N, 3, H, W] images) => (float[N, A, 4] boxes,
                                      float[N, A, 1] scores)
{
  fours = Constant<value_ints=[0, -1, 4]>()
  boxes = Reshape(images, fours)
  last = Constant<value_ints=[2]>()
  means = ReduceMean<keepdims=1>(boxes, last)
  scores = Sigmoid(means)
}
"""


@pytest.fixture
def pixels(tmp_path):
    model = parser.parse_model(PIXELS)
    described = Description(
        model=dict(type='YOLODetector'),
        classes=('Happy',),
        input=InputSide(64, 114, 'BGR', (0, 0, 0), (1, 1, 1)),
    )
    helper.set_model_props(model, {METADATA_KEY: described.to_json()})
    path = tmp_path / 'pixels.onnx'
    path.write_bytes(model.SerializeToString())
    return path


def test_deployments_take_turns(pixels):
    rivals = [
        Deployment('a', 'onnxruntime', 'onnxruntime', pixels),
        Deployment('a', 'again', 'onnxruntime', pixels),
        Deployment('b', 'onnxruntime', 'onnxruntime', pixels),
    ]
    first, second = compare_deployments(rivals, (32, 64), (2,), 2)
    assert (first.setting, second.setting) == (
        '32×32, batch 2',
        '64×64, batch 2',
    )
    # The first of each network.
    assert first.references == ('b, onnxruntime', 'a, onnxruntime')
    assert list(first.times) == [x.name for x in rivals]
    assert all(len(x.values) == 2 for x in first.times.values())


def test_a_start_is_that_of_a_new_process(pixels):
    deployment = Deployment('a', 'onnxruntime', 'onnxruntime', pixels)
    found = measure_footprint(deployment, 32, 1)
    assert found.file == pixels.stat().st_size
    assert found.starts.median > 0.1
    # Python with onnxruntime, and without torch.
    assert 3e7 < found.peak < 3e8


def test_files_of_both_networks(repository, tmp_path, monkeypatch):
    exported = []
    monkeypatch.setattr(
        deployments, '_export', lambda *args: exported.append(args[3].name)
    )
    configs = repository / 'configs'
    found = write_deployments(
        load_config(configs / 'fer_yolo_mamba_demo.py'),
        load_config(configs / 'baselines/yolox_s_demo.py'),
        tmp_path,
        compiled=False,
    )
    assert {x.path.name for x in found if x.path.suffix == '.onnx'} == {
        *exported
    }
    assert [x.way for x in found if x.network == 'fer_yolo_mamba_demo'] == [
        'PyTorch',
        'onnxruntime portable',
        'onnxruntime portable int8',
        'onnxruntime native',
        'onnxruntime native int8',
    ]
    for deployment in found:
        if deployment.way == 'PyTorch':
            run = RUNTIMES['PyTorch'](deployment.path)
            boxes, scores = run(torch.zeros(1, 3, 64, 64).numpy())
            assert boxes.shape == (1, 84, 4)
            assert scores.shape == (1, 84, 7)


def test_page_and_record():
    times = {
        'ours, PyTorch': Series((0.2, 0.4)),
        'ours, native': Series((0.1, 0.1)),
    }
    latency = Latency(320, 4, times, ('ours, PyTorch',))
    footprint = Footprint(
        'ours, native', 10_000_000, Series((0.5,)), 90_000_000
    )
    report = DeployReport(
        Environment('A processor', 2, '2.13.0'),
        'python benchmark.py deploy',
        1.5,
        True,
        (latency,),
        (footprint,),
    )
    page = report.to_markdown()
    assert '## 320×320, batch 4, 2 rounds' in page
    assert 'Times are of the processors.' in page
    # A tenth of a second for four pictures; a third of the median of 0.3.
    (row,) = [x for x in page.splitlines() if x.startswith('| ours, native  ')]
    assert '40.0' in row and '0.33 (0.28 to 0.47)' in row
    assert '10.0 MB' in page and '90.0 MB' in page
    record = json.loads(json.dumps(report.to_dict()))
    (measured,) = record['latencies']
    (ratio,) = measured['ratios']
    assert ratio['name'] == 'ours, native / ours, PyTorch'
    assert ratio['of_medians'] == pytest.approx(1 / 3)
    assert record['footprints'][0]['file'] == 10_000_000
