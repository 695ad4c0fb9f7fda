"""tools/deploy/export_onnx.py: from weights to a model, or one sentence."""

import numpy as np
import pytest

onnxruntime = pytest.importorskip('onnxruntime')
pytest.importorskip('onnxscript')

TOOL = 'deploy/export_onnx'


def test_exports_a_checkpoint(
    call_tool, narrow_config, narrow_checkpoint, tmp_path, capsys
):
    out = tmp_path / 'faces.onnx'
    call_tool(
        *(TOOL, narrow_config, narrow_checkpoint, '--out', out, '--nms'),
        *('--cfg-options', 'model.backbone.init_cfg=None'),
    )
    assert f'{out}: ' in capsys.readouterr().out
    session = onnxruntime.InferenceSession(out)
    (images,) = session.get_inputs()
    assert images.shape == [1, 3, 160, 160]
    boxes, scores, image_index = session.run(
        None, {'images': np.zeros((1, 3, 160, 160), np.float32)}
    )
    assert len(boxes) == len(scores) == len(image_index)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('faces.safetensors', '--out', 'faces.pt'), 'name a file .onnx'),
        (('none.safetensors', '--out', 'faces.onnx'), 'do not exist'),
        (
            ('a.safetensors', 'b.pth', '--out', 'faces.onnx'),
            'describes itself',
        ),
        (('config.py', '--out', 'faces.onnx'), 'a config and its checkpoint'),
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
def test_says_what_is_wrong(call_tool, capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        call_tool(TOOL, *arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
