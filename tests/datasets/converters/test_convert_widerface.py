"""WIDER FACE: boxes of faces whose expression nobody has named."""

import pytest
from releases import annotations, make_widerface, write_text, zip_folder

from fer_yolo_mamba.datasets import FERVOCDataset
from fer_yolo_mamba.datasets.converters import (
    Skipped,
    read_widerface,
    write_voc_set,
)
from fer_yolo_mamba.errors import InputError

PARADE = '0--Parade/0_Parade_a_1'
HANDSHAKE = '1--Handshaking/1_Handshaking_b_1'
LIST = 'wider_face_split/wider_face_train_bbx_gt.txt'


def boxes(out):
    """The boxes of every image of a set, by id."""
    return {
        image_id: [face.bbox for face in annotation.objects]
        for image_id, annotation in annotations(out).items()
    }


@pytest.mark.parametrize('zipped', [False, True])
def test_rows_become_boxes_without_an_expression(tmp_path, zipped):
    root, out = make_widerface(tmp_path / 'WIDER'), tmp_path / 'out'
    if zipped:
        for part in ('wider_face_split', 'WIDER_train', 'WIDER_val'):
            zip_folder(root / part)
    report = write_voc_set(read_widerface(root), out)
    assert boxes(out) == {
        f'{PARADE}_1': [(2, 3, 10, 12), (1, 1, 20, 6)],
        f'{PARADE}_2': [],
        f'{HANDSHAKE}_3': [(7, 7, 13, 13)],
        f'{HANDSHAKE}_4': [(5, 5, 13, 13)],
    }
    assert report.boxes == {'face': 4}
    assert report.split_images == {'train': 3, 'val': 1}
    assert report.clipped == 1
    assert 'face  ' in str(report)
    assert 'Happy' not in str(report)
    assert {f: c.count for f, c in report.left_out_boxes.items()} == {
        Skipped.INVALID: 1,
        Skipped.NO_AREA: 1,
    }
    assert report.left_out_images[Skipped.INVALID].examples == [
        f'{HANDSHAKE}_5'
    ]


def test_what_the_release_says_of_a_face_is_kept(tmp_path):
    out = tmp_path / 'out'
    write_voc_set(read_widerface(make_widerface(tmp_path / 'in')), out)
    face = annotations(out)[f'{PARADE}_1'].objects[1]
    assert face.attributes == {
        'blur': '1',
        'expression': '1',
        'illumination': '1',
        'occlusion': '2',
        'pose': '1',
    }


def test_a_data_set_takes_the_boxes_as_faces_of_no_class(tmp_path):
    out = tmp_path / 'out'
    write_voc_set(read_widerface(make_widerface(tmp_path / 'in')), out)
    dataset = FERVOCDataset(
        'ImageSets/Main/train.txt', data_root=str(out), unlabelled='face'
    )
    labels = [
        instance['bbox_label']
        for index in range(len(dataset))
        for instance in dataset.get_data_info(index)['instances']
    ]
    assert labels == [len(dataset.metainfo['classes'])] * 3


def test_small_faces_may_be_left_out(tmp_path):
    root, out = make_widerface(tmp_path / 'WIDER'), tmp_path / 'out'
    report = write_voc_set(read_widerface(root, min_size=7), out)
    assert boxes(out) == {
        f'{PARADE}_1': [(2, 3, 10, 12)],
        f'{PARADE}_2': [],
        f'{HANDSHAKE}_4': [(5, 5, 13, 13)],
    }
    assert report.left_out_boxes[Skipped.SMALL].examples == [
        f'{PARADE}_1 (30x5)'
    ]


def test_the_pictures_of_a_part_may_be_missing(tmp_path):
    root, out = make_widerface(tmp_path / 'WIDER'), tmp_path / 'out'
    zip_folder(root / 'WIDER_train').unlink()
    report = write_voc_set(read_widerface(root), out)
    assert set(boxes(out)) == {f'{HANDSHAKE}_4'}
    assert report.left_out_images[Skipped.NO_IMAGE].count == 3


@pytest.mark.parametrize(
    ('text', 'word'),
    [
        ('a.jpg\nb.jpg\n', "a.jpg is followed by 'b.jpg'"),
        ('a.jpg\n2\n1 1 2 2 0 0 0 0 0 0\n', "a.jpg is followed by '2'"),
        ('a.jpg\n', "a.jpg is followed by ''"),
        (None, 'unpack this part of the release'),
    ],
)
def test_a_list_at_fault_is_one_sentence(tmp_path, text, word):
    root = make_widerface(tmp_path / 'WIDER')
    (root / LIST).unlink()
    if text:
        write_text(root / LIST, text)
    with pytest.raises(InputError, match=rf'bbx_gt\.txt: .*{word}'):
        read_widerface(root)


def test_a_row_at_fault_is_counted(tmp_path):
    root = make_widerface(tmp_path / 'WIDER')
    write_text(root / LIST, f'{PARADE}_1.jpg\n2\n1 1 9 x 0 0\n1 1\n')
    report = write_voc_set(read_widerface(root), tmp_path / 'out')
    assert report.left_out_images[Skipped.BAD_BOX].count == 1
