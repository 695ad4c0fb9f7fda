"""``fer-yolo-mamba export``: from weights to a model, or one sentence."""

import sys
from functools import partial

import cv2
import numpy as np
import pytest

pytest.importorskip('onnxscript')

import onnxruntime

from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.cli import export
from fer_yolo_mamba.deploy import onnx_export
from fer_yolo_mamba.deploy.export_options import ExportOptions, ScanForm


@pytest.fixture
def run_export(fer_yolo_mamba):
    """Returns status, output and errors."""
    return partial(fer_yolo_mamba, 'export')


@pytest.fixture
def asked(monkeypatch):
    """What the exporter was asked for, in place of minutes of its work."""
    asked = []

    class Model:
        def SerializeToString(self):
            return b'model'

    monkeypatch.setattr(
        onnx_export,
        'export_onnx',
        lambda *arguments: asked.append(arguments) or Model(),
    )
    return asked


def test_exports_a_checkpoint(
    run_export, narrow_config, narrow_checkpoint, tmp_path
):
    out = tmp_path / 'faces.onnx'
    status, said, _ = run_export(
        *(narrow_config, narrow_checkpoint, '--out', out, '--nms'),
        *('--cfg-options', 'model.backbone.init_cfg=None'),
    )
    assert status == 0 and f'{out}: ' in said
    session = onnxruntime.InferenceSession(out)
    (images,) = session.get_inputs()
    assert images.shape == [1, 3, 160, 160]
    boxes, scores, image_index = session.run(
        None, {'images': np.zeros((1, 3, 160, 160), np.float32)}
    )
    assert len(boxes) == len(scores) == len(image_index)


def test_exports_the_ready_weights(run_export, asked, tmp_path):
    out = tmp_path / 'faces.onnx'
    status, _, _ = run_export('--out', out, '--scan', 'native')
    assert status == 0 and out.read_bytes() == b'model'
    ((detector, description, options, calibration),) = asked
    assert detector.bbox_head.num_classes == len(description.classes) == 7
    assert options == ExportOptions(scan=ScanForm.NATIVE)
    assert calibration is None


def test_a_checkpoint_and_its_export_look_alike(
    run_export, asked, narrow_config, narrow_checkpoint, tmp_path
):
    status, _, _ = run_export(
        *(narrow_config, narrow_checkpoint, '--out', tmp_path / 'faces.onnx'),
        '--dynamic-size',
    )
    ((_, description, *_),) = asked
    network = FERDetector(narrow_checkpoint, config=narrow_config).network
    for name in ('sizes', 'score_thr', 'temperature', 'shift'):
        assert getattr(description, name) == getattr(network, name)
    assert status == 0


def test_calibrates_in_every_size_on_some_of_many(
    run_export, asked, tmp_path, monkeypatch
):
    monkeypatch.setattr(export, '_MOST_CALIBRATING', 2)
    for name in 'abc':
        cv2.imwrite(f'{tmp_path}/{name}.png', np.zeros((40, 30, 3), np.uint8))
    status, _, _ = run_export(
        *('--out', tmp_path / 'faces.onnx', '--dynamic-size'),
        *('--int8', '--calibrate', f'{tmp_path}/*.png'),
    )
    ((*_, calibration),) = asked
    assert status == 0
    # Sizes of the ready weights.
    assert [x.shape for x in calibration] == [
        (1, 3, side, side) for side in (640, 480, 256, 160, 96)
    ] * 2


@pytest.fixture
def calibrate(run_export, tmp_path):
    """Exports with what is named for --calibrate."""
    return lambda *names: run_export(
        *('--out', tmp_path / 'faces.onnx', '--int8', '--calibrate', *names)
    )


@pytest.fixture
def album(tmp_path):
    """A folder with two photographs, a film and a text."""
    folder = tmp_path / 'album'
    folder.mkdir()
    for name in ('a.png', 'b.JPG'):
        cv2.imwrite(str(folder / name), np.zeros((40, 30, 3), np.uint8))
    for name in ('c.mp4', 'notes.txt'):
        (folder / name).write_bytes(b'no photograph')
    return folder


@pytest.mark.parametrize('pattern', ['', '*'])
def test_calibrates_on_the_pictures_alone(pattern, calibrate, album, asked):
    status, *_ = calibrate(album / pattern)
    ((*_, calibration),) = asked
    assert status == 0 and len(list(calibration)) == 2


@pytest.mark.parametrize(
    ('name', 'words'),
    [
        ('damaged.png', 'damaged.png cannot be decoded'),
        ('c.mp4', 'c.mp4 cannot be decoded'),
        ('*.mp4', 'there is no picture (*.avif'),
    ],
)
def test_a_fault_of_a_picture_is_told_before_the_work(
    name, words, calibrate, album, asked
):
    (album / 'damaged.png').write_bytes(b'none')
    status, _, complaint = calibrate(album / name)
    assert status == 2 and words in complaint and complaint.count('\n') == 1
    assert not asked


def test_the_script_is_the_same_door(load_tool):
    tool = load_tool('deploy/export_onnx')
    assert (tool.main, tool.make_parser) == (export.main, export.make_parser)


@pytest.mark.parametrize('library', ['onnx', 'onnxscript'])
def test_a_plain_install(library, run_export, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, onnx_export.__name__)
    monkeypatch.delattr('fer_yolo_mamba.deploy.onnx_export')
    status, _, complaint = run_export('--out', tmp_path / 'faces.onnx')
    assert status == 2 and complaint.count('\n') == 1
    assert 'pip install "fer-yolo-mamba[export]"' in complaint


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('faces.safetensors', '--out', 'faces.pt'), 'name a file .onnx'),
        (('none.safetensors', '--out', 'faces.onnx'), 'do not exist'),
        (
            ('a.safetensors', 'b.pth', '--out', 'faces.onnx'),
            'describes itself',
        ),
        (
            ('a.safetensors', '--cfg-options', 'a=1', '--out', 'faces.onnx'),
            'leave --cfg-options out',
        ),
        (('config.py', '--out', 'faces.onnx'), 'a config and its checkpoint'),
        (('none', '--out', 'faces.onnx'), 'none is nothing to export'),
        # As FERDetector: the case of a suffix says nothing of the kind.
        (('none.PTH', '--out', 'faces.onnx'), 'name its config'),
        (('NONE.SAFETENSORS', '--out', 'faces.onnx'), 'do not exist'),
        (('A.SAFETENSORS', 'b.pth', '--out', 'a.onnx'), 'describes itself'),
        (('faces.safetensors',), 'required: --out'),
        (
            ('none.safetensors', '--out', '/dev/null/faces.onnx'),
            '/dev/null cannot be used',
        ),
        (('a.safetensors', '--out', 'a.onnx', '--int8'), 'belong together'),
        (
            ('a.safetensors', '--out', 'a.onnx', '--calibrate', 'photos'),
            'belong together',
        ),
        (
            (
                *('a.safetensors', '--out', 'a.onnx', '--int8'),
                *('--calibrate', 'none*.jpg'),
            ),
            'no file matches none*.jpg',
        ),
    ],
)
def test_says_what_is_wrong(arguments, message, run_export):
    status, _, complaint = run_export(*arguments)
    assert status == 2 and complaint.count('\n') == 1
    assert message in complaint
