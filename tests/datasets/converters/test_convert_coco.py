"""COCO files, both ways."""

import json
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from releases import (
    annotations,
    edges,
    load,
    make_voc_set,
    snapshot,
    write_image,
    write_text,
)

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.converters import (
    Skipped,
    VOCSet,
    read_coco,
    write_coco,
    write_voc_set,
)
from fer_yolo_mamba.datasets.converters.coco import extent
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS

FACE = VOCObject(
    'Fear', (1.5, 2, 10, 12.25), difficult=True, attributes={'age': '4-19'}
)

one_line = st.text(
    st.characters(exclude_categories=('Cc', 'Cs', 'Cn')), max_size=8
).map(str.strip)
# Of numbers whose differences need no rounding.
two_edges = st.lists(
    st.integers(0, 128).map(lambda eighths: eighths / 8),
    min_size=2,
    max_size=2,
    unique=True,
).map(sorted)
faces = st.builds(
    VOCObject,
    name=st.sampled_from(EXPRESSIONS),
    bbox=st.builds(lambda x, y: (x[0], y[0], x[1], y[1]), two_edges, two_edges),
    difficult=st.booleans(),
    truncated=st.booleans(),
    attributes=st.dictionaries(
        st.sampled_from(['gender', 'age', 'note-1.b']), one_line
    ),
)


@settings(deadline=None, max_examples=15)
@given(st.lists(faces, max_size=3))
def test_the_way_there_and_back_loses_nothing(tmp_path_factory, found):
    root = tmp_path_factory.mktemp('coco')
    voc = make_voc_set(root, *found)
    files = write_coco(VOCSet(voc), root / 'coco')
    stream = read_coco({f.stem: f for f in files}, voc / 'JPEGImages')
    write_voc_set(stream, root / 'back')
    assert annotations(root / 'back') == annotations(voc)
    for split in ('train', 'val'):
        assert load(root / 'back', split) == load(voc, split)


@settings(deadline=None, max_examples=200)
@given(edges(10**6))
@example([0.1, 0.3])
@example([0.7, 1.1])
# No length gives this end: the sums of all lie half-way between two numbers.
@example([1.8689927789964713, 524290.5690180421])
def test_start_and_extent_give_the_end_as_nearly_as_can_be(pair):
    start, end = pair
    length = extent(start, end)
    assert length == pytest.approx(end - start)
    if start + length != end:
        assert abs(start + length - end) <= math.ulp(end)
        for side in (0, math.inf):
            assert start + math.nextafter(length, side) != end


def test_the_file_is_as_coco_wants_it(tmp_path):
    voc = make_voc_set(tmp_path, FACE)
    paths = write_coco(VOCSet(voc), tmp_path / 'coco')
    before = snapshot(tmp_path)
    assert write_coco(VOCSet(voc), tmp_path / 'coco') == paths
    assert snapshot(tmp_path) == before
    content = json.loads(paths[0].read_text())
    assert content['images'][0] == {
        'id': 1,
        'file_name': 'a.jpg',
        'width': 20,
        'height': 16,
    }
    assert content['annotations'][0] == {
        'id': 1,
        'image_id': 1,
        'category_id': 3,
        'bbox': [1.5, 2.0, 8.5, 10.25],
        'area': 8.5 * 10.25,
        'iscrowd': 0,
        'difficult': 1,
        'truncated': 0,
        'attributes': {'age': '4-19'},
    }
    assert [each['name'] for each in content['categories']] == [*EXPRESSIONS]


def write_file(folder, **changes):
    """A file of one image with one face, as another tool may write it."""
    content = {
        'images': [{'id': 7, 'file_name': 'sub/a.jpg'}],
        'annotations': [
            {'image_id': 7, 'category_id': 2, 'bbox': [1, 2, 3, 4]}
        ],
        'categories': [
            {'id': 2, 'name': 'sadness'},
            {'id': 3, 'name': 'Contempt'},
        ],
        **changes,
    }
    write_image(folder / 'images/sub/a.jpg')
    return write_text(folder / 'train.json', json.dumps(content))


def read(folder, **changes):
    path = write_file(folder, **changes)
    return read_coco({'train': path}, folder / 'images')


def face_with(**changes):
    face = {'image_id': 7, 'category_id': 2, 'bbox': [1, 2, 3, 4]}
    return [{**face, **changes}]


def test_aliases_and_a_missing_size_are_understood(tmp_path):
    write_voc_set(read(tmp_path), tmp_path / 'out')
    assert load(tmp_path / 'out') == {'sub/a': [(5, 1, 2, 4, 6)]}


@pytest.mark.parametrize(
    ('changes', 'fault'),
    [
        (dict(annotations=face_with(category_id=3)), Skipped.UNKNOWN_LABEL),
        (dict(annotations=face_with(iscrowd=1)), Skipped.CROWD),
        (dict(annotations=face_with(bbox=[1, 2, 3])), Skipped.BAD_BOX),
        (dict(annotations=face_with(bbox=[1, 2, None, 3])), Skipped.BAD_BOX),
        (
            dict(annotations=face_with(bbox=[1, 2, math.nan, 3])),
            Skipped.BAD_BOX,
        ),
        (dict(annotations=face_with(bbox=[1, 2, 0, 3])), Skipped.NO_AREA),
        (
            dict(images=[{'id': 7, 'file_name': 'b.jpg'}]),
            Skipped.NO_IMAGE,
        ),
        (
            dict(
                images=[
                    {
                        'id': 7,
                        'file_name': 'sub/a.jpg',
                        'width': 16,
                        'height': 20,
                    }
                ]
            ),
            Skipped.OTHER_SIZE,
        ),
        (
            dict(images=[{'id': 7, 'file_name': '../images/sub/a.jpg'}]),
            Skipped.BAD_NAME,
        ),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, changes, fault):
    with pytest.raises(InputError, match=fault.value):
        write_voc_set(read(tmp_path, **changes), tmp_path / 'out')


@pytest.mark.parametrize(
    'changes',
    [
        dict(images=None),
        dict(annotations=[{}]),
        dict(annotations=[1]),
        dict(annotations=face_with(image_id=8)),
        dict(annotations=face_with(category_id=8)),
        dict(annotations=face_with(attributes=[1])),
        dict(categories=[{'id': 2}]),
    ],
)
def test_a_file_that_is_no_coco_file_is_one_sentence(tmp_path, changes):
    with pytest.raises(InputError, match=r'train\.json: is no COCO file'):
        read(tmp_path, **changes)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (
            dict(
                images=[
                    {'id': 7, 'file_name': 'sub/a.jpg'},
                    {'id': 7, 'file_name': 'sub/b.jpg'},
                ]
            ),
            'image id 7 is there twice',
        ),
        (
            dict(
                categories=[{'id': 2, 'name': 'sad'}, {'id': 2, 'name': 'fear'}]
            ),
            'category id 2 is there twice',
        ),
    ],
)
def test_an_id_that_stands_for_two_is_refused(tmp_path, changes, message):
    with pytest.raises(InputError, match=rf'train\.json: {message}'):
        read(tmp_path, **changes)


@pytest.mark.parametrize('text', ['', '{', '[]', '1', 'null'])
def test_a_file_that_is_no_json_is_one_sentence(tmp_path, text):
    path = write_text(tmp_path / 'train.json', text)
    with pytest.raises(InputError, match=r'train\.json: is no COCO file'):
        read_coco({'train': path}, tmp_path)
    with pytest.raises(InputError, match=r'none\.json: cannot be read'):
        read_coco({'train': tmp_path / 'none.json'}, tmp_path)


def test_attributes_of_any_kind_become_text(tmp_path):
    attributes = {'hair colour': 1, 'name': True, '1st': ' a\nb ', 'é': None}
    changes = dict(annotations=face_with(attributes=attributes))
    for _ in range(2):
        report = write_voc_set(read(tmp_path, **changes), tmp_path / 'out')
        assert not report.remarks
    (face,) = annotations(tmp_path / 'out')['sub/a'].objects
    assert face.attributes == {
        'hair_colour': '1',
        '_name': 'True',
        '_1st': 'a b',
        '_': 'None',
    }
