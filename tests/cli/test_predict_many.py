"""The command ``fer-yolo-mamba predict-many``."""

import json
import sys

import pytest
from matplotlib.cbook import get_sample_data

from fer_yolo_mamba import __version__
from fer_yolo_mamba.apis.weights import ready_weights

PORTRAIT = get_sample_data('grace_hopper.jpg', asfileobj=False)


@pytest.fixture
def predict_many(fer_yolo_mamba, tmp_path):
    """Returns status, output and errors."""
    out = ('--out', tmp_path / 'out')
    return lambda *words: fer_yolo_mamba('predict-many', *out, *words)


def test_a_plain_install(predict_many, monkeypatch):
    monkeypatch.setitem(sys.modules, 'ray', None)
    monkeypatch.setitem(sys.modules, 'ray.data', None)
    status, _, complaint = predict_many(PORTRAIT)
    assert status == 2
    assert 'pip install "fer-yolo-mamba[ray]"' in complaint
    assert complaint.count('\n') == 1


def test_it_starts_a_ray_of_its_own(predict_many, tmp_path):
    pytest.importorskip('ray')
    parquet = pytest.importorskip('pyarrow.parquet')
    weights = ready_weights().with_name('fer_yolo_mamba_n.safetensors')
    status, said, told = predict_many(
        PORTRAIT, '--weights', str(weights), '--sizes', '1'
    )
    assert status == 0
    assert said == f'{tmp_path}/out: 1 faces, 0 errors in 1 shards\n'
    assert '1 pictures, ' in told
    (row,) = parquet.read_table(tmp_path / 'out' / 'faces').to_pylist()
    assert row['source'] == PORTRAIT and row['score'] > 0.5
    manifest = json.loads((tmp_path / 'out' / 'manifest.json').read_text())
    assert manifest['version'] == __version__
    assert manifest['weights']['name'] == weights.name
    assert manifest['options']['batch_size'] == 1
    assert manifest['options']['sizes'] == [1.0]


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['none.jpg'], 'none.jpg does not exist'),
        ([PORTRAIT, '--weights', 'none.pth'], 'none.pth does not describe'),
        ([PORTRAIT, '--weights', 'none.onnx'], 'none.onnx'),
        ([PORTRAIT, '--shard-size', '0'], '--shard-size: 0 is not a whole'),
    ],
)
def test_what_cannot_be_is_one_line_and_status_2(
    arguments, words, predict_many
):
    pytest.importorskip('ray')
    status, _, complaint = predict_many(*arguments)
    assert status == 2
    assert words in complaint.splitlines()[-1]
