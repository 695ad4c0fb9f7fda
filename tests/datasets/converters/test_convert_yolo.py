"""The layout of the YOLO family, both ways."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import (
    annotations,
    edges,
    load,
    make_voc_set,
    plain_faces,
    snapshot,
    write_image,
    write_text,
)

from fer_yolo_mamba.datasets import VOCObject
from fer_yolo_mamba.datasets.converters import (
    Remark,
    Skipped,
    VOCSet,
    read_yolo,
    write_voc_set,
    write_yolo,
)
from fer_yolo_mamba.datasets.converters.yolo import format_face, parse_face
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import EXPRESSIONS

FACE = VOCObject('Fear', (1.5, 2, 10, 12.25))
NAMES = dict(enumerate(EXPRESSIONS))


def without_boxes(root):
    return {
        name: [face.name for face in annotation.objects]
        for name, annotation in annotations(root).items()
    }


def boxes(root):
    return [
        edge
        for annotation in annotations(root).values()
        for face in annotation.objects
        for edge in face.bbox
    ]


@settings(deadline=None, max_examples=15)
@given(st.lists(plain_faces, max_size=3))
def test_there_and_back_boxes_stay_within_a_millionth(tmp_path_factory, faces):
    root = tmp_path_factory.mktemp('yolo')
    voc = make_voc_set(root, *faces)
    write_yolo(VOCSet(voc), root / 'yolo')
    report = write_voc_set(read_yolo(root / 'yolo/data.yaml'), root / 'back')
    assert report.clipped == 0
    assert without_boxes(root / 'back') == without_boxes(voc)
    assert boxes(root / 'back') == pytest.approx(boxes(voc), abs=1e-6)
    for split in ('train', 'val'):
        assert list(load(root / 'back', split)) == sorted(load(voc, split))


@settings(deadline=None, max_examples=100)
@given(
    edges(10000),
    edges(10000),
    st.integers(10000, 60000),
    st.integers(10000, 60000),
)
def test_large_images_lose_no_more(x, y, width, height):
    face = VOCObject('Sad', (x[0], y[0], x[1], y[1]))
    line = format_face(face, width, height)
    back = parse_face(line.split(), NAMES, (width, height))
    assert back.name == 'Sad'
    assert back.bbox == pytest.approx(face.bbox, rel=0, abs=1e-6)


def test_whole_pixels_stay_whole(tmp_path):
    voc = make_voc_set(tmp_path, VOCObject('Sad', (1, 3, 7, 11)))
    write_yolo(VOCSet(voc), tmp_path / 'yolo')
    write_voc_set(read_yolo(tmp_path / 'yolo/data.yaml'), tmp_path / 'back')
    assert load(tmp_path / 'back')['a'] == [(5, 1, 3, 7, 11)]


def test_the_layout_is_the_usual_one(tmp_path):
    voc = make_voc_set(tmp_path, FACE)
    [path] = write_yolo(VOCSet(voc), tmp_path / 'yolo')
    assert path.read_text() == (
        f'path: {tmp_path}/yolo\ntrain: images/train\nval: images/val\nnames:\n'
        + ''.join(f'  {i}: {name}\n' for i, name in NAMES.items())
    )
    image = tmp_path / 'yolo/images/val/Füße/日本.jpg'
    assert image.resolve() == tmp_path / 'photos/Füße/日本.jpg'
    label = tmp_path / 'yolo/labels/train/a.txt'
    assert label.read_text() == '2 0.2875 0.4453125 0.425 0.640625\n'
    assert (tmp_path / 'yolo/labels/val/Füße/empty.txt').read_text() == ''
    before = snapshot(tmp_path)
    write_yolo(VOCSet(voc), tmp_path / 'yolo')
    assert snapshot(tmp_path) == before
    (tmp_path / 'yolo/images/train/a.jpg').unlink()
    write_image(tmp_path / 'yolo/images/train/a.jpg')
    with pytest.raises(InputError, match=r'a\.jpg.*something else'):
        write_yolo(VOCSet(voc), tmp_path / 'yolo')


DESCRIPTIONS = {
    'a list of names': 'names: [happiness, Angry]\ntrain: images/train\n',
    'numbered names': 'names: {0: happy, 1: anger}\ntrain: images/train\n',
    'with a path': 'names: [Joy, anger]\npath: .\ntrain: ./images/train\n',
    'a path as Roboflow writes it': (
        'names: [Joy, anger]\nnc: 2\ntrain: ../images/train\n'
    ),
    'several folders': 'names: [Joy, anger]\ntrain: [images/train]\n',
    'a list of images': 'names: [Joy, anger]\ntrain: train.txt\n',
}


@pytest.mark.parametrize('kind', DESCRIPTIONS)
def test_descriptions_of_many_kinds_are_understood(tmp_path, kind):
    write_image(tmp_path / 'images/train/a.jpg')
    write_image(tmp_path / 'images/train/b.jpg')
    write_text(tmp_path / 'train.txt', 'images/train/a.jpg\nimages/train/b.jpg')
    write_text(
        tmp_path / 'labels/train/a.txt', '0 0.5 0.5 0.5 0.25\n\n1 .5 .5 1 1'
    )
    path = write_text(tmp_path / 'data.yaml', DESCRIPTIONS[kind])
    report = write_voc_set(read_yolo(path), tmp_path / 'out')
    assert load(tmp_path / 'out') == {
        'a': [(3, 5, 6, 15, 10), (0, 0, 0, 20, 16)],
        'b': [],
    }
    assert report.remarks[Remark.NO_LABEL_FILE].examples == ['b']


def test_images_of_one_name_in_two_splits_stay_apart(tmp_path):
    for split in ('train', 'valid'):
        write_image(tmp_path / split / 'images/a.jpg')
        write_text(tmp_path / split / 'labels/a.txt', '0 .5 .5 1 1')
    path = write_text(
        tmp_path / 'data.yaml',
        'names: [Joy]\ntrain: ../train/images\nval: ../valid/images\n',
    )
    write_voc_set(read_yolo(path), tmp_path / 'out')
    assert list(load(tmp_path / 'out')) == ['train/a']
    assert list(load(tmp_path / 'out', 'val')) == ['val/a']


@pytest.mark.parametrize('folder', ['faces', 'images/faces'])
def test_classes_txt_lies_beside_images_and_labels(tmp_path, folder):
    write_image(tmp_path / folder / 'a.jpg')
    write_text(tmp_path / folder / 'a.txt', '1 .5 .5 1 1\n')
    path = write_text(tmp_path / folder / 'classes.txt', 'happy\nsurprised\n')
    write_voc_set(read_yolo(path), tmp_path / 'out')
    assert load(tmp_path / 'out') == {'a': [(6, 0, 0, 20, 16)]}


@pytest.mark.parametrize(
    ('line', 'fault'),
    [
        ('2 .5 .5 1 1', Skipped.UNKNOWN_LABEL),
        ('1 .5 .5 1 1', Skipped.UNKNOWN_LABEL),
        ('-1 .5 .5 1 1', Skipped.UNKNOWN_LABEL),
        ('0 .5 .5 1', Skipped.BAD_BOX),
        ('0 .1 .1 .2 .2 .3 .3', Skipped.BAD_BOX),
        ('0 .5 .5 inf 1', Skipped.BAD_BOX),
        ('0 2.5 .5 1 1', Skipped.NO_AREA),
    ],
)
def test_a_line_at_fault_is_counted(tmp_path, line, fault):
    write_image(tmp_path / 'images/a.jpg')
    write_text(tmp_path / 'labels/a.txt', f'0 .5 .5 1 1\n{line}\n')
    path = write_text(
        tmp_path / 'data.yaml', 'names: [Joy, contempt]\ntrain: images\n'
    )
    report = write_voc_set(read_yolo(path), tmp_path / 'out')
    assert {f: c.count for f, c in report.left_out_boxes.items()} == {fault: 1}


@pytest.mark.parametrize(
    ('text', 'word'),
    [
        ('', 'names'),
        ('a: [', 'names'),
        ('- 1', 'names'),
        ('train: images', 'names'),
        ('names: 3\ntrain: images', 'names'),
        ('names: {a: Joy}\ntrain: images', 'names'),
        ('names: [Joy]', 'none of its 0 images'),
        ('names: [Joy]\ntrain: none', 'there is no'),
        ('names: [Joy]\ntrain: 3', 'there is no'),
        ('names: [Joy]\ntrain: images', 'label'),
        ('!!python/object/apply:os.system ["true"]', 'names'),
    ],
)
def test_a_description_that_is_none_is_one_sentence(tmp_path, text, word):
    write_image(tmp_path / 'images/a.jpg')
    path = write_text(tmp_path / 'data.yaml', text)
    with pytest.raises(InputError, match=word) as error:
        read_yolo(path)
    assert str(path) in str(error.value)
    assert '\n' not in str(error.value)


def test_a_missing_image_is_counted(tmp_path):
    write_image(tmp_path / 'images/a.jpg')
    write_text(tmp_path / 'labels/a.txt', '0 .5 .5 1 1')
    write_text(tmp_path / 'list.txt', 'images/a.jpg\nimages/b.jpg\n')
    path = write_text(tmp_path / 'data.yaml', 'names: [Joy]\ntrain: list.txt\n')
    report = write_voc_set(read_yolo(path), tmp_path / 'out')
    assert report.left_out_images[Skipped.NO_IMAGE].examples == ['b']
