"""A network from one file: what it refuses, and what it does not import."""

import pickle

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper, parser

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.deploy import onnx_network
from fer_yolo_mamba.deploy.onnx_network import METADATA_KEY, OnnxNetwork
from fer_yolo_mamba.deploy.scan_node import DOMAIN, OPERATOR, OPSET
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.ops import (
    OMNI_ORDERS,
    ScanInputs,
    available_backends,
    cpu,
    omni_selective_scan,
)
from fer_yolo_mamba.ops.orders import order_table

needs_kernel = pytest.mark.skipif(
    available_backends()['cpu'] is not None, reason='the C++ scan is not built'
)

# Every pixel of a picture of 32 x 32 is a box whose scores are its channels,
# again and again for the seven classes.
PIXELS = """
<ir_version: 10, opset_import: ["": 18]>
pixels (float[N, 3, 32, 32] images) => (float[N, A, 4] boxes,
                                        float[N, A, 7] scores)
{
  rows = Constant<value_ints=[0, 3, -1]>()
  flat = Reshape(images, rows)
  channels = Transpose<perm=[0, 2, 1]>(flat)
  four = Constant<value_ints=[0, 1, 2, 0]>()
  boxes = Gather<axis=2>(channels, four)
  seven = Constant<value_ints=[0, 1, 2, 0, 1, 2, 0]>()
  scores = Gather<axis=2>(channels, seven)
}
"""


def write(folder, text, described=None):
    model = parser.parse_model(text)
    if described:
        helper.set_model_props(model, {METADATA_KEY: described})
    path = folder / 'pixels.onnx'
    path.write_bytes(model.SerializeToString())
    return path


def test_runs_and_describes_itself(describe, tmp_path):
    path = write(tmp_path, PIXELS, describe(temperature=0.5).to_json())
    network = OnnxNetwork(path)
    assert network.temperature == 0.5
    assert network.classes == describe().classes
    assert network.input == describe().input
    batch = np.random.default_rng(0).random((2, 3, 32, 32), np.float32)
    boxes, scores = network(batch)
    np.testing.assert_array_equal(scores[1, 33, :3], batch[1, :, 1, 1])
    assert boxes.shape == (2, 1024, 4)
    with pytest.raises(InputError, match='of 32x32 pixels, not of 64x32'):
        network(np.zeros((1, 3, 64, 32), np.float32))
    with pytest.raises(InputError, match='is of type Tensor: give an array'):
        network(torch.zeros(1, 3, 32, 32))


def test_runs_on_the_cpu_alone(describe, tmp_path):
    path = write(tmp_path, PIXELS, describe().to_json())
    for device in (None, 'cpu', torch.device('cpu'), torch.device('cpu', 0)):
        assert FERDetector(path, device).classes == describe().classes
    for device in ('cuda', torch.device('cuda')):
        with pytest.raises(InputError, match='runs on the CPU'):
            FERDetector(path, device)


@pytest.mark.parametrize(
    ('variable', 'threads'), [('3', 3), ('2,1', 2), ('', 0), ('many', 0)]
)
def test_has_the_threads_that_pytorch_would_have(
    variable, threads, describe, tmp_path, monkeypatch
):
    monkeypatch.setenv('OMP_NUM_THREADS', variable)
    network = OnnxNetwork(write(tmp_path, PIXELS, describe().to_json()))
    options = network._session.get_session_options()
    assert options.intra_op_num_threads == threads


def test_another_process_can_have_it(describe, tmp_path, monkeypatch):
    path = write(tmp_path, PIXELS, describe().to_json())
    monkeypatch.chdir(tmp_path)
    pickled = pickle.dumps(OnnxNetwork(path.name))
    monkeypatch.chdir('/')
    batch = np.zeros((1, 3, 32, 32), np.float32)
    assert pickle.loads(pickled)(batch)[0].shape == (1, 1024, 4)


def test_a_model_for_one_picture_takes_several_in_turn(describe, tmp_path):
    text = PIXELS.replace('float[N, 3', 'float[1, 3')
    network = OnnxNetwork(write(tmp_path, text, describe().to_json()))
    batch = np.random.default_rng(0).random((3, 3, 32, 32), np.float32)
    boxes, scores = network(batch)
    assert boxes.shape == (3, 1024, 4)
    np.testing.assert_array_equal(scores[2, 33, :3], batch[2, :, 1, 1])


def test_refuses_what_is_no_model(describe, tmp_path, capfd):
    with pytest.raises(InputError, match='does not exist'):
        OnnxNetwork(tmp_path / 'none.onnx')
    damaged = tmp_path / 'damaged.onnx'
    whole = write(tmp_path, PIXELS, describe().to_json()).read_bytes()
    for content in (b'no model', whole.replace(b'Anger', b'\xffnger')):
        damaged.write_bytes(content)
        with pytest.raises(InputError, match='is damaged'):
            OnnxNetwork(damaged)
    # Nor does the library say anything.
    assert capfd.readouterr() == ('', '')


@pytest.mark.parametrize(
    ('described', 'message'),
    [
        (None, 'does not say what network it is'),
        ('{}', 'cannot be used'),
        ('no JSON', 'cannot be used'),
    ],
)
def test_refuses_what_is_not_described(tmp_path, described, message):
    with pytest.raises(InputError, match=message):
        OnnxNetwork(write(tmp_path, PIXELS, described))


def test_refuses_finished_faces(describe, tmp_path):
    text = PIXELS.replace('boxes', 'found')
    with pytest.raises(InputError, match='export it without --nms'):
        OnnxNetwork(write(tmp_path, text, describe().to_json()))


@pytest.mark.parametrize(
    ('text', 'pixel'),
    [
        (PIXELS, np.nan),
        (PIXELS.replace('[0, 1, 2, 0, 1, 2, 0]', '[0, 1]'), 0.5),
    ],
    ids=['no number', 'two classes'],
)
def test_refuses_what_gives_no_scores_of_its_classes(
    text, pixel, describe, tmp_path
):
    text = text.replace('float[N, A, 7]', 'float[N, A, S]')
    network = OnnxNetwork(write(tmp_path, text, describe().to_json()))
    with pytest.raises(InputError, match='no boxes and scores of its 7 cla'):
        network(np.full((1, 3, 32, 32), pixel, np.float32))


@pytest.mark.parametrize(
    ('batch', 'is_told'),
    [
        (np.zeros((3, 32, 32), np.float32), r'\(3, 32, 32\) and is float32'),
        (np.zeros((0, 3, 32, 32), np.float32), r'\(0, 3, 32, 32\)'),
        (np.zeros((1, 1, 32, 32), np.float32), r'\(1, 1, 32, 32\)'),
        (np.zeros((1, 3, 0, 32), np.float32), r'\(1, 3, 0, 32\)'),
        (np.zeros((1, 3, 32, 32)), 'is float64'),
    ],
)
def test_refuses_what_is_no_batch_of_pictures(
    batch, is_told, describe, tmp_path
):
    network = OnnxNetwork(write(tmp_path, PIXELS, describe().to_json()))
    with pytest.raises(InputError, match=f'{is_told}.*: give one or more pic'):
        network(batch)


@pytest.mark.parametrize(
    ('picked', 'is_told'),
    [
        # No such channel.
        ('Gather<axis=2>(channels, four)', 'out of data bounds'),
        # More than there are addresses for.
        ('Expand(channels, four)', 'ailed to allocate memory'),
    ],
)
def test_tells_why_it_cannot_be_run(picked, is_told, describe, tmp_path):
    text = PIXELS.replace('Gather<axis=2>(channels, four)', picked)
    text = text.replace('[0, 1, 2, 0]', '[1000000000000, 1, 1]')
    network = OnnxNetwork(write(tmp_path, text, describe().to_json()))
    batch = np.zeros((1, 3, 32, 32), np.float32)
    with pytest.raises(InputError, match=f'{is_told}.*memory is short') as told:
        network(batch)
    assert '\n' not in str(told.value)


def test_refuses_what_takes_no_pictures(describe, tmp_path):
    text = PIXELS.replace(
        '(float[N, 3, 32, 32] images)',
        '(float[N, 3, 32, 32] images, float[1] other)',
    )
    with pytest.raises(InputError, match='does not take one batch'):
        OnnxNetwork(write(tmp_path, text, describe().to_json()))


def scan_model(inputs):
    """A model of one native scan."""
    values = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape
        )
        for name, x in inputs.items()
    ]
    y = helper.make_tensor_value_info('y', TensorProto.FLOAT, None)
    node = helper.make_node(OPERATOR, list(inputs), ['y'], domain=DOMAIN)
    return helper.make_model(
        helper.make_graph([node], 'scan', values, [y]),
        opset_imports=[
            helper.make_opsetid('', OPSET),
            helper.make_opsetid(DOMAIN, 1),
        ],
        ir_version=10,
    )


def scan_inputs(states=16):
    torch.manual_seed(0)
    K, D, N, R, maps = 8, 40, states, 3, (2, 6, 5)
    return dict(
        u=torch.randn(*maps, D),
        dt=torch.randn(*maps, K, R),
        A=-torch.rand(K * D, N) * 8,
        B=torch.randn(*maps, K, N),
        C=torch.randn(*maps, K, N),
        D=torch.randn(K * D),
        dt_weight=torch.randn(K, D, R),
        dt_bias=torch.randn(K, D),
    )


def visits_of(height, width):
    return order_table(OMNI_ORDERS, height, width, torch.device('cpu'))


def run_natively(inputs):
    inputs = {'visits': visits_of(6, 5), **inputs}
    names = (*ScanInputs._fields, 'visits')
    arrays = {name: inputs[name].numpy() for name in names}
    options = onnxruntime.SessionOptions()
    options.register_custom_ops_library(onnx_network._kernel())
    content = scan_model(arrays).SerializeToString()
    session = onnxruntime.InferenceSession(content, options)
    (y,) = session.run(None, arrays)
    return torch.from_numpy(y)


@needs_kernel
@pytest.mark.parametrize('states', [16, 5])
def test_native_scan_is_the_kernel(states):
    inputs = scan_inputs(states)
    expected = omni_selective_scan(*inputs.values(), OMNI_ORDERS, 'cpu')
    torch.testing.assert_close(run_natively(inputs), expected)


@needs_kernel
def test_native_scan_says_what_it_cannot():
    with pytest.raises(Exception, match='more than 64 states a channel'):
        run_natively(scan_inputs(states=65))


@needs_kernel
@pytest.mark.parametrize(
    ('name', 'change'),
    [
        ('u', lambda x: x[..., 0]),
        ('u', lambda x: x[:, :0]),
        # Shapes whose numbers are as many.
        ('dt', lambda x: x.flatten(2)),
        ('A', lambda x: x[:, None]),
        ('B', lambda x: x.transpose(1, 2)),
        ('C', lambda x: x.movedim(-1, 0)),
        *((name, lambda x: x[:1]) for name in ScanInputs._fields),
        ('visits', lambda x: x[:, :1]),
        ('visits', lambda x: x[:1]),
        ('visits', torch.flatten),
        *((name, lambda x: x[..., :0]) for name in ('dt', 'A', 'dt_bias')),
    ],
)
def test_native_scan_refuses_shapes_that_do_not_fit(name, change):
    inputs = {'visits': visits_of(6, 5), **scan_inputs()}
    inputs[name] = change(inputs[name])
    with pytest.raises(Exception, match='shapes of its inputs do not fit'):
        run_natively(inputs)


@needs_kernel
@pytest.mark.parametrize('pixel', [-1, 30, 2**28, 2**62, 7])
def test_native_scan_writes_to_every_pixel_and_nowhere_else(pixel):
    visits = visits_of(6, 5).clone()
    visits[3, 4] = pixel
    with pytest.raises(Exception, match='does not visit every pixel once'):
        run_natively({**scan_inputs(), 'visits': visits})


SCANNED = """
<ir_version: 10, opset_import: ["": 18, "fer_yolo_mamba": 1]>
scanned (float[1, 3, 32, 32] images) => (float[1, A, 3] boxes,
                                         float[1, A, 3] scores)
{
  u = Transpose<perm=[0, 2, 3, 1]>(images)
  y = fer_yolo_mamba.OmniScan(u, dt, A, B, C, D, dt_weight, dt_bias, visits)
  rows = Constant<value_ints=[0, -1, 3]>()
  boxes = Reshape(y, rows)
  scores = Identity(boxes)
}
"""


@needs_kernel
def test_a_file_whose_scan_leads_nowhere_is_refused_in_one_sentence(
    describe, tmp_path, capfd
):
    K, R, N, size = 8, 1, 1, (1, 32, 32)
    shapes = dict(dt=(*size, K, R), A=(K * 3, N), D=(K * 3,))
    shapes |= dict(B=(*size, K, N), C=(*size, K, N))
    shapes |= dict(dt_weight=(K, 3, R), dt_bias=(K, 3))
    arrays = {name: np.zeros(x, np.float32) for name, x in shapes.items()}
    arrays['visits'] = visits_of(32, 32).numpy() + 2**28
    model = parser.parse_model(SCANNED)
    for name, x in arrays.items():
        model.graph.initializer.append(numpy_helper.from_array(x, name))
    helper.set_model_props(model, {METADATA_KEY: describe(32).to_json()})
    onnx.save(model, tmp_path / 'hostile.onnx')
    detector = FERDetector(tmp_path / 'hostile.onnx')
    with pytest.raises(InputError, match='every pixel once') as refused:
        list(detector(np.zeros((32, 32, 3), np.uint8)))
    assert '\n' not in str(refused.value)
    assert capfd.readouterr() == ('', '')


@needs_kernel
def test_the_operator_and_the_backend_are_of_one_library():
    assert onnx_network._kernel() == cpu.library()._name


def test_libraries_that_were_built_earlier_are_left_alone(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(onnx_network, '__file__', f'{tmp_path}/deploy/here.py')
    monkeypatch.setattr(cpu, '__file__', f'{tmp_path}/ops/here.py')
    monkeypatch.setattr(cpu, 'library', cpu.library.__wrapped__)
    (tmp_path / 'ops').mkdir()
    for name in ('cpython-310-x86_64-linux-gnu.so', 'so', 'zpython.so'):
        (tmp_path / f'ops/_omni_scan.{name}').write_text(name)
    assert onnx_network._kernel() == f'{tmp_path}/ops/_omni_scan.so'
    assert f'{tmp_path}/ops/_omni_scan.so' in cpu.library()


def test_native_model_needs_the_kernel(describe, tmp_path, monkeypatch):
    arrays = {name: x.numpy() for name, x in scan_inputs().items()}
    path = tmp_path / 'native.onnx'
    onnx.save(scan_model(arrays), path)
    monkeypatch.setattr(onnx_network, '_kernel', lambda: '/nowhere')
    with pytest.raises(InputError, match='export it with --scan portable'):
        OnnxNetwork(path)
