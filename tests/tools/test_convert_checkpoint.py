"""tools/convert_checkpoint.py, there and back."""

import json

import numpy as np
import pytest
import torch

from fer_yolo_mamba import FERDetector
from fer_yolo_mamba.engine import checkpoints
from fer_yolo_mamba.engine.checkpoints import read_checkpoint
from fer_yolo_mamba.engine.weights_file import read_weights
from fer_yolo_mamba.expressions import EXPRESSIONS
from fer_yolo_mamba.visualization import write_image

TOOL = 'convert_checkpoint'


@pytest.fixture
def weights_file(call_tool, narrow_config, narrow_checkpoint, tmp_path):
    path = tmp_path / 'faces.safetensors'
    call_tool(TOOL, narrow_checkpoint, path, '--config', narrow_config)
    return path


def test_there_and_back(
    weights_file, call_tool, narrow_config, narrow_checkpoint, tmp_path
):
    back = tmp_path / 'folder' / 'back.pth'
    call_tool(TOOL, weights_file, back)
    before, after = map(read_checkpoint, (narrow_checkpoint, back))
    assert after['meta']['dataset_meta']['classes'] == EXPRESSIONS
    assert after['state_dict'].keys() == before['state_dict'].keys()
    for name, value in before['state_dict'].items():
        torch.testing.assert_close(
            after['state_dict'][name], value, rtol=1e-3, atol=1e-6
        )
    image = np.random.default_rng(0).integers(0, 256, (90, 133, 3), np.uint8)
    settings = dict(device='cpu', score_thr=0.2, sizes=(1.0,))
    (from_file,) = FERDetector(weights_file, **settings)(image)
    (from_back,) = FERDetector(back, config=narrow_config, **settings)(image)
    assert from_file.faces
    assert from_file == from_back


def test_parts_become_one_file(
    weights_file,
    call_tool,
    narrow_config,
    narrow_checkpoint,
    tmp_path,
    monkeypatch,
):
    limit = 300_000
    monkeypatch.setattr(checkpoints, 'PART_BYTES', limit)
    parts = checkpoints.write_parts(
        tmp_path / 'narrow', read_checkpoint(narrow_checkpoint)
    )
    assert len(parts) > 2
    assert parts[0].name == f'narrow_1of{len(parts)}.pth'
    assert all(path.stat().st_size <= limit for path in parts)
    whole = tmp_path / 'whole.safetensors'
    call_tool(TOOL, *parts, whole, '--config', narrow_config)
    (said, values), (expected, all_values) = map(
        read_weights, (whole, weights_file)
    )
    assert said == expected
    torch.testing.assert_close(values, all_values, rtol=0, atol=0)


def test_what_the_options_say_is_in_the_file(
    call_tool, narrow_config, narrow_checkpoint, tmp_path
):
    figures = tmp_path / 'figures.json'
    figures.write_text(json.dumps({'mAP': 61.5}))
    path = tmp_path / 'faces.safetensors'
    call_tool(
        *(TOOL, narrow_checkpoint, path, '--config', narrow_config),
        *('--classes', *'abcdefg', '--score-thr', 0.25, '--temperature', 1.5),
        *('--shift', -0.5),
        *('--sizes', 1, 0.4, '--data', 'one set', '--figures', figures),
    )
    said, _ = read_weights(path)
    assert said.classes == tuple('abcdefg')
    assert (said.score_thr, said.temperature) == (0.25, 1.5)
    assert said.shift == -0.5
    assert said.sizes == (1, 0.4)
    assert said.data == ('one set',)
    assert said.figures == {'mAP': 61.5}
    detector = FERDetector(path, 'cpu')
    assert (detector.score_thr, detector.sizes) == (0.25, (1, 0.4))


def test_a_shift_for_each_class_leaves_the_tensors(
    weights_file, call_tool, narrow_config, tmp_path
):
    back, path = tmp_path / 'back.pth', tmp_path / 'shifted.safetensors'
    of_classes = (0.1, -0.3, -0.6, 0.2, 1.0, 0.2, -0.4)
    call_tool(TOOL, weights_file, back)
    call_tool(
        *(TOOL, back, path, '--config', narrow_config),
        *('--shift', *of_classes),
    )
    (_, before), (said, after) = map(read_weights, (weights_file, path))
    assert said.shift == of_classes
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert FERDetector(path, 'cpu').shift == of_classes


def test_the_labels_of_a_checkpoint_keep_their_names(
    refusal, narrow_config, weights_file, call_tool, tmp_path
):
    back = tmp_path / 'back.pth'
    call_tool(TOOL, weights_file, back)
    said = refusal(
        *(TOOL, back, tmp_path / 'wrong.safetensors'),
        *('--config', narrow_config, '--classes', *EXPRESSIONS[::-1]),
    )
    assert 'leave --classes out' in said


def test_predict_needs_no_config(weights_file, call_tool, tmp_path):
    photo = tmp_path / 'photo.png'
    write_image(photo, np.zeros((60, 80, 3), np.uint8))
    out = tmp_path / 'out'
    call_tool(
        *('predict', photo, '--checkpoint', weights_file),
        *('--out', out, '--json', '--device', 'cpu', '--score-thr', 0.2),
    )
    record = json.loads((out / 'photo.json').read_text())
    assert (record['width'], record['height']) == (80, 60)
    for face in record['faces']:
        assert face['scores'].keys() == set(EXPRESSIONS)


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        (['{pth}', 'x.safetensors'], '--config'),
        (['{pth}', 'x.pth'], 'name a .pth file and a .safetensors file'),
        (
            ['{pth}', 'none.pth', 'x.safetensors', '--config', '{config}'],
            'none',
        ),
        (
            ['{pth}', '{pth}', 'x.safetensors', '--config', '{config}'],
            'parts of one checkpoint',
        ),
        (['none.pth', 'x.safetensors', '--config', '{config}'], 'none.pth'),
        (['none.safetensors', 'x.pth'], 'none.safetensors'),
        (
            [
                *('{pth}', 'x.safetensors', '--config', '{config}'),
                *('--figures', '{config}'),
            ],
            'no JSON object',
        ),
        (
            [
                *('{pth}', 'x.safetensors', '--config', '{config}'),
                *('--temperature', '0'),
            ],
            'temperature',
        ),
        (
            [
                *('{pth}', 'x.safetensors', '--config', '{config}'),
                *('--shift', '0.5', '-0.5'),
            ],
            'a list of 7, one for each class',
        ),
    ],
)
def test_what_cannot_be_converted(
    arguments,
    complaint,
    refusal,
    narrow_config,
    narrow_checkpoint,
    tmp_path,
    monkeypatch,
):
    monkeypatch.chdir(tmp_path)
    arguments = [
        text.format(pth=narrow_checkpoint, config=narrow_config)
        for text in arguments
    ]
    assert complaint in refusal(TOOL, *arguments)
    assert not list(tmp_path.glob('x.*'))
