"""What decides the rows of a folder of tables."""

import json

import pytest

pytest.importorskip('pyarrow')

from fer_yolo_mamba.apis.many.manifest import agree_on_manifest
from fer_yolo_mamba.errors import InputError

WEIGHTS = dict(name='n.safetensors', sha256='0')


def agree(out, inputs=('album',), is_begun=True, **options):
    agree_on_manifest(out, inputs, WEIGHTS, options, '1', is_begun)


def test_the_same_call_goes_on_and_another_does_not(tmp_path):
    for sizes in ((0.5,), (0.5,), [0.5]):
        agree(tmp_path, batch_size=2, sizes=sizes)
    with pytest.raises(InputError, match=r'faces of other options .*--out'):
        agree(tmp_path, batch_size=3, sizes=(0.5,))
    with pytest.raises(InputError, match='faces of other inputs'):
        agree(tmp_path, ['other'], batch_size=2, sizes=(0.5,))


def test_of_what_was_not_begun_another_call_may_make_something_else(tmp_path):
    agree(tmp_path, ['albun'])
    agree(tmp_path, is_begun=False)
    with pytest.raises(InputError, match='faces of other inputs'):
        agree(tmp_path, ['albun'])


def test_options_of_a_store_stay_secret(tmp_path):
    agree(tmp_path, ['s3://bucket/album?secret_key=x'])
    (told,) = json.loads((tmp_path / 'manifest.json').read_text())['inputs']
    assert told == 's3://bucket/album'


@pytest.mark.parametrize(
    'content', [b'', b'[]', b'\xff', b'{"version": ', b'[' * 100_000]
)
def test_a_damaged_one(content, tmp_path):
    (tmp_path / 'manifest.json').write_bytes(content)
    with pytest.raises(InputError, match=r'manifest\.json.*--out'):
        agree(tmp_path)
