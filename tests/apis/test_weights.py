"""Weights by file, by run, by name on Hugging Face."""

import re

import numpy as np
import pytest

from fer_yolo_mamba.apis import FERDetector, ready_weights, weights
from fer_yolo_mamba.apis.weights import find_weights
from fer_yolo_mamba.engine.config import config_json, load_config
from fer_yolo_mamba.errors import InputError

IMAGE = np.random.default_rng(0).integers(0, 256, (90, 133, 3), np.uint8)


def test_without_ready_weights_it_says_how_to_get_some(monkeypatch, tmp_path):
    monkeypatch.setattr(weights, '_READY_FOLDER', tmp_path)
    with pytest.raises(InputError, match=r'no ready weights .*convert_check'):
        FERDetector()


def test_the_larger_ready_weights_come_first(monkeypatch, tmp_path):
    monkeypatch.setattr(weights, '_READY_FOLDER', tmp_path)
    (tmp_path / 'fer_yolo_mamba_n.safetensors').touch()
    assert ready_weights().stem.endswith('_n')
    (tmp_path / 'fer_yolo_mamba_s.safetensors').touch()
    assert ready_weights().stem.endswith('_s')


def test_ready_weights_by_their_file_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    name = 'fer_yolo_mamba_n.safetensors'
    assert find_weights(name) == ready_weights().with_name(name)
    (tmp_path / name).touch()
    assert find_weights(name).resolve() == tmp_path / name
    assert find_weights(f'other/{name}').parent.name == 'other'


def test_a_folder_as_hugging_face_keeps_models(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    detector = FERDetector()
    saved = detector.save_pretrained('~/mine')
    assert saved.name == 'model.safetensors'
    card = (tmp_path / 'mine' / 'README.md').read_text(encoding='utf-8')
    assert card.startswith('---\nlibrary_name: fer-yolo-mamba\n')
    assert '# Ready weights' in card
    assert FERDetector('~/mine').save_pretrained('~/twice').is_file()
    twice = (tmp_path / 'twice' / 'README.md').read_text(encoding='utf-8')
    assert twice == card
    again = FERDetector('~/mine')
    assert list(again(IMAGE)) == list(detector(IMAGE))


def test_a_page_beside_a_file_is_no_card(tmp_path):
    path = tmp_path / 'faces.safetensors'
    path.write_bytes(ready_weights().read_bytes())
    path.with_name('README.md').write_text('# Of something else')
    saved = weights.save_weights(path, tmp_path / 'mine')
    assert '# faces\n' in saved.with_name('README.md').read_text()


def test_a_page_that_somebody_wrote_stays(tmp_path):
    source, folder = tmp_path / 'faces.safetensors', tmp_path / 'mine'
    source.write_bytes(b'weights')
    page = weights.save_weights(source, folder).with_name('README.md')
    page.write_text('# What I know of it')
    source.write_bytes(b'other weights')
    with pytest.raises(InputError, match='another page than the card'):
        weights.save_weights(source, folder)
    assert page.read_text() == '# What I know of it'
    assert (folder / 'model.safetensors').read_bytes() == b'weights'


def test_what_is_saved_is_what_is_found(tmp_path):
    folder = tmp_path / 'mine'
    onnx, safetensors = tmp_path / 'new.onnx', tmp_path / 'new.safetensors'
    for path in (onnx, safetensors):
        path.write_bytes(b'weights')
        assert weights.save_weights(path, folder) == find_weights(folder)
    with pytest.raises(
        InputError, match=r'mine/model\.safetensors would .*: remove it'
    ):
        weights.save_weights(onnx, folder)
    assert weights.save_weights(safetensors, folder) == find_weights(folder)


def test_a_model_of_a_name_in_the_cache(tmp_path, monkeypatch):
    """As huggingface_hub keeps what it has downloaded; nothing is asked."""
    constants = pytest.importorskip('huggingface_hub.constants')
    commit = '0' * 40
    folder = tmp_path / 'models--someone--faces'
    (folder / 'refs').mkdir(parents=True)
    (folder / 'refs' / 'main').write_text(commit)
    snapshot = folder / 'snapshots' / commit
    snapshot.mkdir(parents=True)
    content = ready_weights().read_bytes()
    (snapshot / 'model.safetensors').write_bytes(content)
    monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(tmp_path))
    monkeypatch.setattr(constants, 'HF_HUB_OFFLINE', True)
    assert find_weights('someone/faces').read_bytes() == content
    with pytest.raises(InputError, match='nobody/faces is neither a file'):
        find_weights('nobody/faces')


def test_a_mistyped_folder_of_a_run_is_asked_for_nowhere(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, '_downloaded', pytest.fail)
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'work_dirs' / 'mine').mkdir(parents=True)
    with pytest.raises(InputError, match='work_dirs/mime does not exist: name'):
        FERDetector('work_dirs/mime')


def test_without_the_library_a_name_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'huggingface_hub', None)
    with pytest.raises(InputError, match=r'fer-yolo-mamba\[huggingface\]'):
        find_weights('someone/faces')


def test_a_checkpoint_alone_names_no_network(narrow_checkpoint, tmp_path):
    path = tmp_path / 'epoch_1.pth'
    path.write_bytes(narrow_checkpoint.read_bytes())
    with pytest.raises(InputError, match=r'what network .*: name its config'):
        FERDetector(path)


def test_the_folder_of_a_run(narrow_config, narrow_checkpoint, tmp_path):
    with pytest.raises(InputError, match='no checkpoint of a run'):
        FERDetector(tmp_path)
    (tmp_path / 'epoch_1.pth').write_bytes(narrow_checkpoint.read_bytes())
    with pytest.raises(InputError, match=r'resolved_config\.json'):
        FERDetector(tmp_path)
    config = load_config(narrow_config)
    (tmp_path / 'resolved_config.json').write_text(config_json(config))
    expected = FERDetector(narrow_checkpoint, 'cpu', 0.2, config=config)
    for named in (tmp_path, tmp_path / 'epoch_1.pth'):
        detector = FERDetector(named, 'cpu', 0.2)
        assert list(detector(IMAGE)) == list(expected(IMAGE))


@pytest.mark.parametrize(
    ('name', 'content', 'complaint'),
    [
        ('none.safetensors', None, 'do not exist'),
        ('none.pth', None, 'does not exist'),
        ('none.pt', None, 'does not exist'),
        ('no_run', None, 'does not exist'),
        ('text.safetensors', b'text', 'damaged, cut short or no safetensors'),
        ('photo.jpg', b'text', 'is no weights file'),
    ],
)
def test_a_file_of_another_kind(
    name, content, complaint, tmp_path, narrow_config
):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    config = narrow_config if path.suffix == '.pth' else None
    with pytest.raises(InputError, match=f'{re.escape(name)}.*{complaint}'):
        FERDetector(path, config=config)


def test_a_checkpoint_is_not_saved_as_it_is(
    narrow_config, narrow_checkpoint, tmp_path
):
    detector = FERDetector(narrow_checkpoint, config=narrow_config)
    with pytest.raises(InputError, match=r'tools/convert_checkpoint\.py'):
        detector.save_pretrained(tmp_path)
