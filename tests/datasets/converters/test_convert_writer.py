"""The shared writer: what it writes, and what it leaves alone."""

import os
from dataclasses import replace

import cv2
import numpy as np
import pytest
from releases import (
    FACE,
    HEIGHT,
    NAMES,
    WIDTH,
    load,
    make_rafdb,
    snapshot,
    stream_of,
    three,
    write_image,
    zip_rafdb,
)

from fer_yolo_mamba.datasets import VOCObject, read_voc_xml
from fer_yolo_mamba.datasets.converters import (
    EncodedImage,
    ImageStream,
    LabelledImage,
    Remark,
    Skipped,
    Transfer,
    read_rafdb,
    write_voc_set,
)
from fer_yolo_mamba.errors import InputError

PNG = cv2.imencode('.png', np.zeros((HEIGHT, WIDTH, 3), np.uint8))[1].tobytes()


@pytest.mark.parametrize('transfer', Transfer)
def test_images_are_linked_or_copied(tmp_path, photos, transfer):
    out = tmp_path / 'set'
    report = write_voc_set(three(photos), out, transfer=transfer)
    assert report.images == 3
    for name in NAMES:
        image = out / 'JPEGImages' / name
        assert image.read_bytes() == (photos / name).read_bytes()
        assert image.is_symlink() == (transfer is Transfer.SYMLINK)
        linked = transfer is not Transfer.COPY
        assert os.path.samefile(image, photos / name) == linked
    assert load(out) == {
        name.rpartition('.')[0]: [(3, 1.5, 2, 10, 12.25)] for name in NAMES
    }
    annotation = read_voc_xml(out / 'Annotations/Füße/日本 語.xml')
    assert annotation.filename == '日本 語.jpg'
    assert (annotation.width, annotation.height) == (WIDTH, HEIGHT)
    assert annotation.objects == (FACE,)


@pytest.mark.parametrize('transfer', Transfer)
def test_a_second_call_changes_nothing(tmp_path, photos, transfer):
    out = tmp_path / 'set'
    first = write_voc_set(three(photos), out, transfer=transfer)
    before = snapshot(out)
    second = write_voc_set(three(photos), out, transfer=transfer)
    assert snapshot(out) == before
    assert second == first


def test_a_second_call_unpacks_nothing_again(tmp_path):
    root = zip_rafdb(make_rafdb(tmp_path / 'RAF-DB'))
    out = tmp_path / 'set'
    write_voc_set(read_rafdb(root), out)
    before = snapshot(tmp_path)
    report = write_voc_set(read_rafdb(root), out)
    assert snapshot(tmp_path) == before
    assert not report.remarks


def test_a_dry_run_reports_the_same_and_writes_nothing(tmp_path, photos):
    out = tmp_path / 'set'
    dry = write_voc_set(three(photos), out, dry_run=True)
    assert not out.exists()
    assert dry == write_voc_set(three(photos), out)
    root = zip_rafdb(make_rafdb(tmp_path / 'RAF-DB'))
    stream = read_rafdb(root)  # which unpacks it
    before = snapshot(tmp_path)
    assert write_voc_set(stream, tmp_path / 'b', dry_run=True).images
    assert snapshot(tmp_path) == before


BOXES = {
    # box: (what is written, whether that counts as clipped)
    (0, 0, 20, 16): ((0, 0, 20, 16), False),
    (-0.5, 1, 20, 16.25): ((0, 1, 20, 16), True),
    (-5, -5, 100, 100): ((0, 0, 20, 16), True),
    (-1e-9, 0, 20 + 1e-9, 16): ((0, 0, 20, 16), False),
    (19.75, 15.5, 25, 25): ((19.75, 15.5, 20, 16), True),
    (0, 0, float('inf'), float('inf')): ((0, 0, 20, 16), False),
}


@pytest.mark.parametrize('box', BOXES)
def test_boxes_are_clipped_to_their_image(tmp_path, photos, box):
    written, counts = BOXES[box]
    face = VOCObject('Fear', box)
    report = write_voc_set(
        stream_of(photos, ('a.jpg', 'train', face)), tmp_path / 'set'
    )
    assert load(tmp_path / 'set') == {'a': [(2, *written)]}
    assert report.clipped == counts


def test_an_image_keeps_its_other_faces(tmp_path, photos):
    gone = VOCObject('Sad', (30, 2, 40, 9))
    report = write_voc_set(
        stream_of(photos, ('a.jpg', 'train', FACE, gone)), tmp_path / 'set'
    )
    assert len(load(tmp_path / 'set')['a']) == 1
    assert report.left_out_boxes[Skipped.NO_AREA].count == 1
    assert not report.left_out_images


def test_an_image_that_never_had_a_face_stays(tmp_path, photos):
    write_voc_set(stream_of(photos, ('a.jpg', 'train')), tmp_path / 'set')
    assert load(tmp_path / 'set') == {'a': []}


def test_an_image_in_two_splits_is_written_once(tmp_path, photos):
    report = write_voc_set(
        stream_of(photos, ('a.jpg', 'train', FACE), ('a.jpg', 'val', FACE)),
        tmp_path / 'set',
    )
    assert report.images == 1
    assert report.split_images == {'train': 1, 'val': 1}
    assert load(tmp_path / 'set') == load(tmp_path / 'set', 'val')


def test_two_images_cannot_share_a_name_nor_one_have_two_faces(
    tmp_path, photos
):
    write_image(photos / 'a.png')
    other = VOCObject('Sad', (0, 0, 5, 5))
    report = write_voc_set(
        stream_of(
            photos,
            ('a.jpg', 'train', FACE),
            ('a.png', 'train', FACE),
            ('a.jpg', 'val', other),
            ('a.jpg', 'train', FACE),
        ),
        tmp_path / 'set',
    )
    assert report.images == 1
    assert report.left_out_images[Skipped.NAME_TAKEN].count == 1
    assert report.left_out_images[Skipped.LISTED_BEFORE].count == 2


@pytest.mark.parametrize(
    'name',
    [
        *('../a', 'b/../../a', '/a', 'C:/a', 'a\\b', 'a//b', './a', ''),
        *('a\nb', 'a\x85b', ' a', 'a\udc80', 'a\uffff', 'x' * 250),
    ],
)
def test_a_name_that_leads_astray_is_left_out(tmp_path, photos, name):
    stream = stream_of(photos, ('a.jpg', 'train', FACE), ('b c.png', 'train'))
    first, second = stream
    stream = replace(stream, images=[replace(first, image_id=name), second])
    report = write_voc_set(stream, tmp_path / 'x' / 'y' / 'set')
    assert report.left_out_images[Skipped.BAD_NAME].count == 1
    assert list(load(tmp_path / 'x' / 'y' / 'set')) == ['b c']
    assert not list((tmp_path / 'x').rglob('a.*'))


@pytest.mark.parametrize('split', ['../train', 'a/b', '', 'a\nb'])
def test_a_split_that_leads_astray_is_an_error(tmp_path, photos, split):
    with pytest.raises(InputError, match='split file'):
        write_voc_set(stream_of(photos, ('a.jpg', split)), tmp_path / 'set')
    assert not (tmp_path / 'set').exists()


def encoded(*faces, split='train', content=b''):
    """A stream of one image that is in no file yet."""
    source = EncodedImage('.png', content or PNG, (WIDTH, HEIGHT))
    image = LabelledImage('a/b', source, (split,), faces)
    return ImageStream([image], 1, {'format': 'test'})


def test_an_image_that_is_in_no_file_is_written(tmp_path):
    out = tmp_path / 'set'
    dry = write_voc_set(encoded(FACE), out, dry_run=True)
    assert not out.exists()
    assert write_voc_set(encoded(FACE), out) == dry
    assert (out / 'JPEGImages/a/b.png').read_bytes() == PNG
    assert load(out) == {'a/b': [(3, 1.5, 2, 10, 12.25)]}
    before = snapshot(out)
    assert not write_voc_set(encoded(FACE), out).remarks
    assert snapshot(out) == before
    (out / 'JPEGImages/a/b.png').write_bytes(PNG + b'mine')
    report = write_voc_set(encoded(FACE), out)
    assert report.remarks[Remark.KEPT_IMAGE].examples == ['a/b']
    assert (out / 'JPEGImages/a/b.png').read_bytes() == PNG + b'mine'


def test_an_image_that_is_in_no_file_is_named_once(tmp_path):
    (first,), (second,) = encoded(FACE), encoded(FACE, content=PNG + b'other')
    (third,) = encoded(FACE, split='val')
    stream = ImageStream([first, second, third, first], 4, {})
    report = write_voc_set(stream, tmp_path / 'set')
    assert report.split_images == {'train': 1, 'val': 1}
    assert report.left_out_images[Skipped.NAME_TAKEN].examples == ['a/b']
    assert report.left_out_images[Skipped.LISTED_BEFORE].count == 1


def test_classes_beside_the_seven_are_counted_too(tmp_path, photos):
    face = VOCObject('face', (1, 2, 10, 12))
    report = write_voc_set(
        stream_of(photos, ('a.jpg', 'train', FACE, face)), tmp_path / 'set'
    )
    lines = [line.split() for line in str(report).splitlines()]
    assert lines[2] == ['boxes', '2', '2']
    assert lines[10] == ['face', '1', '1']


def test_progress_is_told_image_by_image(tmp_path, photos):
    told = []
    write_voc_set(
        three(photos),
        tmp_path / 'set',
        progress=lambda *counts: told.append(counts),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_report_is_a_plain_table(tmp_path, photos):
    other = VOCObject('Anger', (-3, 2, 9, 9))
    report = write_voc_set(
        stream_of(
            photos,
            ('a.jpg', 'train', FACE, other),
            ('b c.png', 'val', FACE),
            ('none.jpg', 'train', FACE),
        ),
        tmp_path / 'set',
    )
    assert str(report) == REPORT


REPORT = """\
            set  train  val
images        2      1    1
boxes         3      2    1
  Anger       1      1    0
  Disgust     0      0    0
  Fear        0      0    0
  Happy       2      1    1
  Neutral     0      0    0
  Sad         0      0    0
  Surprise    0      0    0
boxes clipped to their image: 1
images left out: 1
  1 × the image cannot be read: none"""
