"""AffectNet's CSV lists."""

import pytest
from releases import (
    AFFECTNET_COLUMNS,
    load,
    make_affectnet,
    write_text,
    zip_folder,
)

from fer_yolo_mamba.datasets import read_voc_xml
from fer_yolo_mamba.datasets.converters import (
    Skipped,
    read_affectnet,
    write_voc_set,
)
from fer_yolo_mamba.errors import InputError

LIST = 'Manually_Annotated_file_lists/training.csv'
HAPPY, ANGER, NEUTRAL = 3, 0, 4


@pytest.mark.parametrize('header', [AFFECTNET_COLUMNS, ''])
@pytest.mark.parametrize('zipped', [False, True])
def test_rows_become_boxes(tmp_path, header, zipped):
    root = make_affectnet(tmp_path / 'AffectNet', header)
    if zipped:
        zip_folder(root / 'Manually_Annotated_Images')
        zip_folder(root / 'Manually_Annotated_file_lists')
    out = tmp_path / 'affectnet'
    stream = read_affectnet(root)
    assert len(stream) == 5
    report = write_voc_set(stream, out)
    assert load(out) == {
        '1/aa': [(HAPPY, 2, 1, 12, 13)],
        '2/bb': [(ANGER, 0, 0, 20, 16)],
    }
    assert load(out, 'val') == {'1/ee': [(NEUTRAL, 3, 3, 15, 13)]}
    face = read_voc_xml(out / 'Annotations/1/aa.xml').objects[0]
    assert face.attributes == {'valence': '0.78', 'arousal': '-0.1'}
    assert report.left_out_images[Skipped.UNKNOWN_LABEL].examples == [
        '2/cc (7)',
        '2/dd (10)',
    ]


def test_columns_may_come_in_any_order(tmp_path):
    root = make_affectnet(tmp_path / 'AffectNet')
    write_text(
        root / LIST,
        'expression,face_y,face_x,face_width,face_height,'
        'subDirectory_filePath\n5,1,2,3,4,1/aa.jpg\n',
    )
    write_voc_set(read_affectnet(root), tmp_path / 'out')
    assert load(tmp_path / 'out') == {'1/aa': [(1, 2, 1, 5, 5)]}


@pytest.mark.parametrize(
    ('row', 'fault'),
    [
        ('none.jpg,1,1,9,9,,1,0,0', Skipped.NO_IMAGE),
        ('1/aa.jpg,1,1,9,NULL,,1,0,0', Skipped.BAD_BOX),
        ('1/aa.jpg,1,1,9', Skipped.UNKNOWN_LABEL),
        ('1/aa.jpg,1,1,0,9,,1,0,0', Skipped.NO_AREA),
        ('../secret.jpg,1,1,9,9,,1,0,0', Skipped.BAD_NAME),
    ],
)
def test_a_row_at_fault_is_counted(tmp_path, row, fault):
    root = make_affectnet(tmp_path / 'AffectNet')
    write_text(root / 'secret.jpg', 'secret')
    write_text(root / LIST, f'{AFFECTNET_COLUMNS}{row}\n')
    report = write_voc_set(read_affectnet(root), tmp_path / 'out')
    assert report.left_out_images[fault].count == 1


def test_a_list_without_boxes_is_an_error(tmp_path):
    root = make_affectnet(tmp_path / 'AffectNet')
    write_text(root / LIST, 'subDirectory_filePath,expression\n1/aa.jpg,1\n')
    with pytest.raises(InputError, match='face_height, face_width, face_x'):
        write_voc_set(read_affectnet(root), tmp_path / 'out')


def test_a_list_that_is_no_text_is_an_error(tmp_path):
    root = make_affectnet(tmp_path / 'AffectNet')
    (root / LIST).write_bytes(b'\xff\xfe\x00')
    with pytest.raises(InputError, match=r'training\.csv.*UTF-8'):
        read_affectnet(root)
