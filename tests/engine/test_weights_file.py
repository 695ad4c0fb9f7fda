"""Weights files: whole, self-describing, and never believed unchecked."""

import json
import re

import pytest
import torch
from mmyolo.registry import MODELS
from safetensors.torch import load_file, save_file

from fer_yolo_mamba.engine.checkpoints import read_checkpoint
from fer_yolo_mamba.engine.config import load_config
from fer_yolo_mamba.engine.description import Description, shift_in_words
from fer_yolo_mamba.engine.weights_file import (
    METADATA_KEY,
    load_described,
    read_weights,
    write_weights,
)
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS


@pytest.fixture(scope='module')
def description(narrow_config):
    return Description.of(
        load_config(narrow_config),
        classes=EXPRESSIONS,
        sizes=(1.0, 0.5),
        score_thr=0.25,
        temperature=1.5,
        data=('drawn faces',),
        figures={'mAP': 12.5},
    )


@pytest.fixture(scope='module')
def weights(narrow_checkpoint):
    return read_checkpoint(narrow_checkpoint)['state_dict']


@pytest.fixture(scope='module')
def good_file(description, weights, tmp_path_factory):
    path = tmp_path_factory.mktemp('weights') / 'faces.safetensors'
    write_weights(path, weights, description)
    return path


def test_a_file_says_what_it_was_told(good_file, description):
    assert read_weights(good_file)[0] == description


def test_weights_come_back_to_half_precision(good_file, weights):
    _, detector = load_described(good_file)
    state = detector.state_dict()
    assert state.keys() == weights.keys()
    for name, value in weights.items():
        expected = value.half().float() if value.is_floating_point() else value
        assert torch.equal(state[name].to(expected), expected), name
        assert state[name].dtype == value.dtype


def test_counts_of_batches_are_left_out(good_file):
    assert not [name for name in load_file(good_file) if 'num_batches' in name]


def test_the_input_follows_the_config(description, repository):
    assert description.input.side == 160
    assert description.input.channels == 'BGR'
    baseline = load_config(repository / 'configs/baselines/yolov3_rafdb.py')
    other = Description.of(baseline, classes=EXPRESSIONS).input
    assert (other.side, other.channels) == (320, 'RGB')
    assert other.std == (255, 255, 255)


@pytest.mark.parametrize(
    'name',
    [
        *('fer_yolo_mamba_rafdb', 'ablations/true_diagonals_rafdb'),
        *(f'baselines/{name}_rafdb' for name in ('centernet', 'retinanet')),
        *(f'baselines/yolo{name}_rafdb' for name in ('v3', 'v4', 'v7', 'x_s')),
        *(f'baselines/yolo{name}_s_rafdb' for name in ('v5', 'v8')),
    ],
)
def test_the_project_s_detectors_can_be_described(name, repository):
    config = load_config(repository / f'configs/{name}.py')
    made = Description.of(config, classes=EXPRESSIONS)
    assert Description.from_json(made.to_json()) == made
    assert 'init_cfg' not in made.to_json()


@pytest.mark.parametrize(
    'mixer', [dict(type='OmniSS2D', d_state=8), dict(type='GatedConv')]
)
def test_mixers_may_be_named(mixer, narrow_config, tmp_path):
    option = {'model.neck.vss_cfg': dict(scan_cfg=mixer)}
    config = load_config(narrow_config, option)
    weights = MODELS.build(config.model).state_dict()
    path = tmp_path / 'mixer.safetensors'
    write_weights(path, weights, Description.of(config, classes=EXPRESSIONS))
    _, detector = load_described(path)
    assert detector.state_dict().keys() == weights.keys()


def changed(description, values):
    """The description as JSON, values replaced by dotted key."""
    everything = json.loads(description.to_json())
    for key, value in values.items():
        *path, last = key.split('.')
        part = everything
        for name in path:
            part = part[name]
        part[last] = value
    return json.dumps(everything)


NESTED = []
for _ in range(30):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ('values', 'complaint'),
    [
        ({'model': 'YOLODetector'}, 'model has no type'),
        ({'model.type': 'os.system'}, "'os.system'"),
        ({'model.type': 'mmengine.registry.MODELS'}, 'model.type'),
        ({'model.neck': {'type': ['FPN']}}, 'model.neck.type'),
        ({'model.neck.type': 'NoSuchNeck'}, 'model.neck.type'),
        # A name that mmcv would evaluate.
        (
            {'model.test_cfg.nms.type': '__import__("os").getcwd()'},
            'model.test_cfg.nms.type',
        ),
        ({'model._scope_': 'torch'}, '_scope_'),
        ({'model.__class__': 1}, 'a key in model'),
        ({'model.neck.in_channels': [10**9] * 3}, 'neck.in_channels'),
        ({'model.neck.deepen_factor': 5000}, 'neck.deepen_factor'),
        ({'model.neck.in_channels': NESTED}, 'larger than any'),
        ({'model.neck.in_channels': [1] * 20_000}, 'larger than any'),
        ({'model.neck.widen_factor': 1e999}, 'JSON'),
        ({'classes': []}, 'classes'),
        ({'classes': ['Happy', 'Happy']}, 'classes'),
        ({'classes': [1, 2]}, 'classes'),
        ({'input.side': 10**9}, 'input.side'),
        ({'input.std': [0, 1, 1]}, 'input.std'),
        ({'input.channels': 'HSV'}, 'input.channels'),
        ({'input.crop': 1}, 'keys of input'),
        ({'score_thr': '0.5'}, 'score_thr'),
        ({'score_thr': 10**400}, 'score_thr'),
        ({'model.neck.in_channels': [10**400]}, 'neck.in_channels'),
        ({'classes': ['\x1b[2J']}, 'classes'),
        ({'classes': ['\ud800']}, 'classes'),
        ({'temperature': 0}, 'temperature'),
        ({'shift': None}, 'shift is neither one number'),
        ({'shift': 20.5}, 'neither one number from -20 to 20'),
        ({'shift': [0.0] * 6}, 'nor a list of 7, one for each class'),
        ({'shift': [0.0] * 6 + ['1']}, 'nor a list of 7'),
        ({'shift': [0.0] * 6 + [-20.5]}, 'nor a list of 7'),
        ({'shift': []}, 'nor a list of 7'),
        ({'sizes': [0]}, 'sizes'),
        ({'command': 'anything'}, 'its keys are'),
        ({'figures': {'text': 'x' * 1_000_001}}, 'longer'),
    ],
)
def test_a_description_is_checked(values, complaint, description):
    with pytest.raises(InputError, match=re.escape(complaint)):
        Description.from_json(changed(description, values))


def test_a_shift_for_each_class(description):
    of_classes = [0.5, -1, 0, 0, 2.25, 0, -20]
    said = Description.from_json(changed(description, {'shift': of_classes}))
    assert said.shift == tuple(of_classes)
    assert json.loads(said.to_json())['shift'] == of_classes


def test_one_shift_stays_one_number(description):
    text = changed(description, {'shift': 0.528})
    assert Description.from_json(text).shift == 0.528
    assert Description.from_json(text).to_json() == text


@pytest.mark.parametrize(
    ('shift', 'words'),
    [(0.528, '0.53'), ((0.5, -1.0), 'Happy 0.50, Sad -1.00')],
)
def test_a_shift_in_words(shift, words):
    assert shift_in_words(shift, ('Happy', 'Sad'), '.2f') == words


@pytest.mark.parametrize('text', ['', '[]', '{"model"', '[' * 100_000])
def test_a_description_is_an_object(text):
    with pytest.raises(InputError):
        Description.from_json(text)


def test_a_forbidden_type_builds_nothing(
    good_file, description, tmp_path, monkeypatch
):
    """The table is asked before any registry is."""
    monkeypatch.setattr('mmyolo.registry.MODELS.build', pytest.fail)
    path = tmp_path / 'hostile.safetensors'
    text = changed(description, {'model.neck.type': 'subprocess.Popen'})
    save_file(load_file(good_file), path, {METADATA_KEY: text})
    with pytest.raises(InputError, match=r'subprocess\.Popen'):
        load_described(path)


@pytest.fixture
def rewritten(good_file, tmp_path):
    """The file with other tensors or another description."""

    def rewrite(tensors=None, text=None):
        description, _ = read_weights(good_file)
        path = tmp_path / 'other.safetensors'
        metadata = {METADATA_KEY: text or description.to_json()}
        save_file(tensors or load_file(good_file), path, metadata)
        return path

    return rewrite


NAME = 'backbone.stem.conv.conv.weight'


@pytest.mark.parametrize(
    ('change', 'complaint'),
    [
        (lambda x: x.pop(NAME), f'{NAME} it has none'),
        (lambda x: x.update(more=torch.zeros(1)), 'more'),
        (lambda x: x.update({NAME: x[NAME][:1].clone()}), NAME),
        (lambda x: x[NAME].fill_(torch.nan), 'not finite'),
        (lambda x: x[NAME].fill_(torch.inf), 'not finite'),
        (lambda x: x.update({NAME: x[NAME].long()}), 'floating-point'),
    ],
)
def test_tensors_that_cannot_be(change, complaint, good_file, rewritten):
    tensors = load_file(good_file)
    change(tensors)
    with pytest.raises(InputError, match=re.escape(complaint)):
        load_described(rewritten(tensors))


def test_a_model_larger_than_its_tensors_is_not_built(rewritten, description):
    text = changed(description, {'model.neck.widen_factor': 1000})
    with pytest.raises(InputError, match='not those of its model'):
        load_described(rewritten(text=text))


@pytest.mark.parametrize(
    ('values', 'complaint'),
    [
        ({'model.neck.no_such_argument': 1}, 'cannot be built'),
        ({'model.backbone': None}, 'cannot be built'),
        ({'classes': ['Happy']}, 'number of classes'),
    ],
)
def test_a_model_that_cannot_be(values, complaint, rewritten, description):
    with pytest.raises(InputError, match=complaint):
        load_described(rewritten(text=changed(description, values)))


@pytest.mark.parametrize(
    ('content', 'complaint'),
    [
        (lambda data: data[: len(data) // 2], 'cut short'),
        (lambda data: data[:4], 'cut short'),
        (lambda data: b'', 'cut short'),
        (lambda data: b'\xff' * 64, 'cut short'),
        (lambda data: b'PK\x03\x04' + data[4:], 'cut short'),
    ],
)
def test_a_damaged_file(content, complaint, good_file, tmp_path):
    path = tmp_path / 'damaged.safetensors'
    path.write_bytes(content(good_file.read_bytes()))
    with pytest.raises(InputError, match=complaint):
        read_weights(path)


def test_a_file_of_somebody_else(tmp_path):
    path = tmp_path / 'foreign.safetensors'
    save_file({'x': torch.zeros(2)}, path)
    with pytest.raises(InputError, match=r'tools/convert_checkpoint\.py'):
        read_weights(path)


@pytest.mark.parametrize('name', ['none.safetensors', '.'])
def test_no_such_file(name, tmp_path):
    with pytest.raises(InputError, match='do not exist'):
        read_weights(tmp_path / name)


@pytest.mark.parametrize('value', [1e6, float('nan')])
def test_weights_too_large_for_half_are_not_written(
    value, weights, description, tmp_path
):
    path = tmp_path / 'x.safetensors'
    bad = {**weights, NAME: torch.full_like(weights[NAME], value)}
    with pytest.raises(InputError, match='not finite'):
        write_weights(path, bad, description)
    assert not path.exists()
