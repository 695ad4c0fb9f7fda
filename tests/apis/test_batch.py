"""Batches of columns in, tables of faces out."""

import shutil

import numpy as np
import pytest
from matplotlib.cbook import get_sample_data

pytest.importorskip('pyarrow')

from fer_yolo_mamba.apis.batch import BatchDetector
from fer_yolo_mamba.apis.weights import ready_weights
from fer_yolo_mamba.errors import InputError

PORTRAIT = get_sample_data('grace_hopper.jpg', asfileobj=False)


@pytest.fixture(scope='module')
def detect():
    weights = ready_weights().with_name('fer_yolo_mamba_n.safetensors')
    return BatchDetector(weights, 'cpu')


def test_a_row_a_face_and_one_a_failed_picture(detect):
    paths = [PORTRAIT, 'none.jpg', PORTRAIT]
    rows = detect(dict(path=paths)).to_pylist()
    assert [row['source'] for row in rows] == paths
    assert rows[0] == rows[2]
    (expected,) = detect.detector(PORTRAIT)
    assert {**expected.rows()[0], 'error': None} == pytest.approx(rows[0])
    assert 'none.jpg does not exist' in rows[1].pop('error')
    assert {value for name, value in rows[1].items() if name != 'source'} == {
        None
    }


def test_what_files_hold_and_their_names(detect):
    with open(PORTRAIT, 'rb') as file:
        contents = [b'none', file.read()]
    batch = dict(bytes=np.array(contents, object), path=['a', 'b'])
    failed, face = detect(batch).to_pylist()
    assert (failed['source'], face['source']) == ('a', 'b')
    assert 'no image' in failed['error']
    (unnamed,) = detect(dict(bytes=contents[1:])).to_pylist()
    assert unnamed == {**face, 'source': None}


def test_each_file_of_a_folder_has_its_name(detect, tmp_path):
    for name in ('a.jpg', 'b.jpg'):
        shutil.copy(PORTRAIT, tmp_path / name)
    rows = detect(dict(path=[str(tmp_path)])).to_pylist()
    assert [row['source'] for row in rows] == [
        f'{tmp_path}/{name}' for name in ('a.jpg', 'b.jpg')
    ]


def test_a_batch_without_pictures_is_a_table_all_the_same(detect):
    assert detect(dict(path=[])).schema == detect.schema
    with pytest.raises(InputError, match='has the columns image: give it'):
        detect(dict(image=[PORTRAIT]))
