"""From a photograph to faces."""

import json

import cv2
import numpy as np
import pytest
import torch
from mmdet.apis import inference_detector
from mmyolo.registry import MODELS

import fer_yolo_mamba
from fer_yolo_mamba.apis import Face, FERDetector, FERResult, detector
from fer_yolo_mamba.engine.checkpoints import load_weights
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.visualization import draw_faces, write_image


@pytest.fixture(scope='module')
def narrow(narrow_config, narrow_checkpoint):
    return FERDetector(narrow_checkpoint, 'cpu', 0.2, config=narrow_config)


@pytest.fixture
def photograph():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (90, 133, 3), np.uint8)


@pytest.mark.parametrize('device', ['cudda', 'cuda:99', 'meta', 'cpu:x'])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(InputError, match=f'{device} cannot be used.*cpu'):
        FERDetector(device=device)


def test_the_package_offers_it():
    assert fer_yolo_mamba.FERDetector is FERDetector


def test_it_is_not_imported_before(run_python):
    program = """
    import sys
    import fer_yolo_mamba
    print('fer_yolo_mamba.apis' in sys.modules)
    """
    assert run_python(program).strip() == 'False'


def test_it_reads_what_the_test_pipeline_reads(
    narrow, narrow_config, narrow_checkpoint, photograph
):
    config = load_config(narrow_config)
    model = MODELS.build(config.model).eval()
    load_weights(model, narrow_checkpoint)
    model.cfg = config
    expected = inference_detector(model, photograph).pred_instances
    (reading,) = narrow.read(photograph)
    torch.testing.assert_close(
        reading.bboxes, expected.bboxes, rtol=1e-3, atol=1e-2
    )
    torch.testing.assert_close(
        reading.scores, expected.scores, rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize('name', ['centernet', 'yolov8_s'])
def test_every_detector_can_serve(name, repository, tmp_path, photograph):
    config = load_config(repository / f'configs/baselines/{name}_demo.py')
    model = MODELS.build(config.model)
    path = tmp_path / 'epoch_1.pth'
    torch.save(dict(meta={}, state_dict=model.state_dict()), path)
    (result,) = FERDetector(path, 'cpu', 0.0, config=config)(photograph)
    assert all(0 <= face.score <= 1 for face in result.faces)


def test_boxes_are_in_the_photograph(narrow, photograph):
    (result,) = narrow(photograph)
    assert (result.width, result.height) == (133, 90)
    assert result.faces
    for face in result.faces:
        x1, y1, x2, y2 = face.bbox
        assert 0 <= x1 < x2 <= 133
        assert 0 <= y1 < y2 <= 90
        assert face.scores.keys() == set(EXPRESSIONS)
        assert face.score == face.scores[face.expression]
        assert face.score == max(face.scores.values())


def test_paths_and_arrays_in_one_call(narrow, photograph, tmp_path):
    path = tmp_path / 'photo.png'
    write_image(path, photograph)
    from_path, from_array = narrow([path, photograph])
    assert from_path.faces == from_array.faces
    assert (from_path.source, from_array.source) == (str(path), None)
    assert narrow([]) == []


def test_a_name_is_that_of_the_checkpoint(
    narrow_config, narrow_checkpoint, photograph, tmp_path
):
    saved = torch.load(narrow_checkpoint)
    saved['meta'] = dict(dataset_meta=dict(classes=EXPRESSIONS[::-1]))
    path = tmp_path / 'backwards.pth'
    torch.save(saved, path)
    detector = FERDetector(path, 'cpu', config=narrow_config)
    assert detector.classes == EXPRESSIONS[::-1]
    saved['meta']['dataset_meta']['classes'] = tuple('abcdefg')
    torch.save(saved, path)
    with pytest.raises(InputError, match='has the classes a, b, c'):
        FERDetector(path, 'cpu', config=narrow_config)


@pytest.mark.parametrize('shape', [(1, 1, 3), (1, 700, 3), (2000, 3, 3)])
def test_pictures_of_any_shape(shape, narrow):
    (result,) = narrow(np.zeros(shape, np.uint8))
    assert (result.height, result.width) == shape[:2]


def test_a_picture_seen_through_a_mirror(narrow, photograph):
    """A view with negative strides is an array like any other."""
    flipped = photograph[:, ::-1]
    assert narrow(flipped) == narrow(flipped.copy())


@pytest.mark.parametrize(
    ('image', 'words'),
    [
        (np.zeros((4, 4, 3)), 'float64'),
        (np.zeros((0, 4, 3), np.uint8), 'shape'),
        (7, 'of type int: give a path'),
    ],
)
def test_what_is_no_picture(image, words, narrow):
    with pytest.raises(InputError, match=words):
        narrow(image)
    with pytest.raises(InputError, match=words):
        narrow([image])


@pytest.mark.parametrize('conversion', ['GRAY2BGR', 'GRAY2BGRA'])
def test_grey_and_transparent_pictures(conversion, narrow, photograph):
    grey = photograph[..., 0]
    of_grey, of_other = narrow(
        [grey, cv2.cvtColor(grey, getattr(cv2, f'COLOR_{conversion}'))]
    )
    assert of_grey == of_other
    # The parts of the detector take them, too.
    torch.testing.assert_close(
        narrow.read(grey)[0].scores,
        narrow.read(np.dstack([grey] * 3))[0].scores,
    )


def test_faces_are_drawn_on_a_grey_picture(photograph):
    face = Face((10, 20, 60, 70), 'Happy')
    drawn = draw_faces(photograph[..., 0], [face])
    assert drawn.shape == photograph.shape
    assert len(set(map(int, drawn[20, 50]))) > 1  # in its colour


def test_two_sizes_are_two_readings(narrow, photograph, monkeypatch):
    monkeypatch.setattr(narrow, 'sizes', (1.0, 0.6))
    whole, small = narrow.read(photograph)
    assert small.scale == pytest.approx(0.6 * whole.scale, rel=0.02)
    assert narrow.prepare(photograph, 0.6)[0].shape == (1, 3, 96, 96)


@pytest.mark.parametrize(
    ('settings', 'complaint'),
    [
        (dict(score_thr=2), 'score_thr is 2'),
        (dict(sizes=()), 'sizes are'),
        (dict(sizes=(0,)), 'sizes are'),
        (dict(weights=None), 'name its checkpoint'),
        (dict(weights='x.safetensors'), 'needs no config'),
        (dict(weights='none.pth'), 'does not exist'),
    ],
)
def test_settings_that_cannot_be(
    settings, complaint, narrow_config, narrow_checkpoint
):
    settings = dict(weights=narrow_checkpoint, config=narrow_config) | settings
    with pytest.raises(InputError, match=complaint):
        FERDetector(**settings)


def test_without_ready_weights_it_says_how_to_get_some(monkeypatch, tmp_path):
    monkeypatch.setattr(detector, '_READY_FOLDER', tmp_path)
    with pytest.raises(InputError, match=r'no ready weights .*convert_check'):
        FERDetector()


def test_the_larger_ready_weights_come_first(monkeypatch, tmp_path):
    monkeypatch.setattr(detector, '_READY_FOLDER', tmp_path)
    (tmp_path / 'fer_yolo_mamba_n.safetensors').touch()
    assert detector.ready_weights().stem.endswith('_n')
    (tmp_path / 'fer_yolo_mamba_s.safetensors').touch()
    assert detector.ready_weights().stem.endswith('_s')


def test_a_result_in_words_and_as_json():
    happy = Face((1.0, 2.0, 3.0, 4.0), 'Happy', 0.5, {'Happy': 0.5})
    result = FERResult((happy,), 8, 6, 'photo.jpg')
    assert str(result) == 'photo.jpg: Happy 0.50'
    assert str(FERResult((), 8, 6)) == 'array: no face'
    assert json.loads(json.dumps(result.to_dict())) == {
        'image': 'photo.jpg',
        'width': 8,
        'height': 6,
        'faces': [
            {
                'expression': 'Happy',
                'score': 0.5,
                'bbox': [1.0, 2.0, 3.0, 4.0],
                'scores': {'Happy': 0.5},
            }
        ],
    }
