"""The VOC data set: what it reads, filters and logs."""

import pytest
from mmyolo.registry import DATASETS
from PIL import Image
from voc_sets import (
    HAPPY,
    HARD,
    HEIGHT,
    WIDTH,
    add_image,
    load,
    pixels,
    write_split,
)

from fer_yolo_mamba.datasets import (
    FERVOCDataset,
    VOCAnnotation,
    VOCObject,
    write_voc_xml,
)
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.expressions import COLOURS, CONTEMPT, EXPRESSIONS


def test_data_infos_hold_what_the_pipelines_need(root):
    info = load(root).get_data_info(1)
    assert info == {
        'img_id': 'b',
        'img_path': str(root / 'JPEGImages' / 'b.png'),
        'xml_path': str(root / 'Annotations' / 'b.xml'),
        'width': WIDTH,
        'height': HEIGHT,
        'instances': [
            {'bbox': [4.5, 2, 40, 46.25], 'bbox_label': 3, 'ignore_flag': 0},
            {'bbox': [30, 10, 64, 48], 'bbox_label': 5, 'ignore_flag': 0},
        ],
        'sample_idx': 1,
    }


def test_it_is_built_by_name_and_brings_classes_and_colours(root):
    dataset = DATASETS.build(
        dict(
            type='FERVOCDataset',
            ann_file=str(root / 'ImageSets/Main/train.txt'),
            data_prefix=dict(img=str(root / 'JPEGImages/')),
            data_root=str(root),
        )
    )
    assert len(dataset) == 4
    assert dataset.metainfo['classes'] == EXPRESSIONS
    # mmdet draws all classes in one colour when this is a tuple.
    assert dataset.metainfo['palette'] == [
        COLOURS[name] for name in EXPRESSIONS
    ]


@pytest.mark.parametrize(
    ('one_based', 'written', 'read'),
    [
        (False, (1, 1, 64, 48), [1, 1, 64, 48]),
        (True, (1, 1, 64, 48), [0, 0, 64, 48]),
        (True, (2.5, 3, 10.25, 12), [1.5, 2, 10.25, 12]),
        # The last pixel alone.
        (True, (64, 48, 64, 48), [63, 47, 64, 48]),
    ],
)
def test_one_based_boxes(tmp_path, one_based, written, read):
    write_split(
        tmp_path, add_image(tmp_path, 'a.jpg', VOCObject('Sad', written))
    )
    info = load(tmp_path, one_based=one_based).get_data_info(0)
    assert info['instances'][0]['bbox'] == read


@pytest.mark.parametrize(
    'suffix',
    ['.jpg', '.JPG', '.jpeg', '.PNG', '.bmp', '.webp', '.tif', '.ppm'],
)
def test_images_of_any_suffix_are_found(tmp_path, suffix):
    write_split(tmp_path, add_image(tmp_path, f'a.b{suffix}', HAPPY))
    dataset = load(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
    assert dataset[0]['img'].shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ('files', 'filename', 'found'),
    [
        (['a.jpg'], 'old_name.jpg', 'a.jpg'),
        (['a.jpg', 'b.jpg'], 'b.jpg', 'a.jpg'),
        (['A.JPG'], 'a.jpg', 'A.JPG'),
        (['a.jpg', 'A.jpg'], 'unknown.jpg', 'a.jpg'),
        (['a.jpg', 'a.png'], 'a.png', 'a.png'),
        (['photo.png'], 'folder/photo.png', 'photo.png'),
        (['photo.PNG'], 'C:\\folder\\photo.png', 'photo.PNG'),
    ],
)
def test_the_id_finds_the_image_and_filename_decides(
    tmp_path, files, filename, found
):
    for name in files:
        add_image(tmp_path, name, HAPPY)
    write_voc_xml(
        tmp_path / 'Annotations' / 'a.xml',
        VOCAnnotation(filename, WIDTH, HEIGHT),
    )
    write_split(tmp_path, 'a')
    info = load(tmp_path).get_data_info(0)
    assert info['img_path'] == str(tmp_path / 'JPEGImages' / found)


def test_ids_may_lead_into_folders(tmp_path):
    write_split(tmp_path, add_image(tmp_path, 'clip/0001.png', HAPPY))
    info = load(tmp_path).get_data_info(0)
    assert info['img_path'].endswith('JPEGImages/clip/0001.png')


def test_a_split_file_written_on_windows_is_read(root):
    split = root / 'ImageSets' / 'Main' / 'train.txt'
    split.write_bytes(b'\xef\xbb\xbfa\r\n\r\nb\r\n')
    dataset = load(root)
    assert [dataset.get_data_info(i)['img_id'] for i in (0, 1)] == ['a', 'b']


def test_a_grey_image_becomes_three_channels(tmp_path):
    grey = pixels()[..., 0]
    write_split(tmp_path, add_image(tmp_path, 'a.png', HAPPY, image=grey))
    dataset = load(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
    image = dataset[0]['img']
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert (image == grey[..., None]).all()


def test_a_rotated_photograph_has_the_size_it_is_read_with(tmp_path):
    write_split(tmp_path, add_image(tmp_path, 'a.jpg', HAPPY))
    quarter_turn = Image.Exif()
    quarter_turn[0x0112] = 6
    Image.fromarray(pixels(height=WIDTH, width=HEIGHT)).save(
        tmp_path / 'JPEGImages' / 'a.jpg', exif=quarter_turn
    )
    dataset = load(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
    assert dataset[0]['img'].shape == (HEIGHT, WIDTH, 3)


def test_difficult_faces_are_ordinary_unless_told_otherwise(root):
    for ignore, flag in [(False, 0), (True, 1)]:
        info = load(root, ignore_difficult=ignore).get_data_info(2)
        assert info['instances'] == [
            {'bbox': [0, 0, 20, 20], 'bbox_label': 0, 'ignore_flag': flag}
        ]


@pytest.mark.parametrize(
    ('classes', 'name', 'label', 'palette'),
    [
        (('smile', 'frown'), 'frown', 1, None),
        (['Sad', 'Happy'], 'happiness', 1, [COLOURS['Sad'], COLOURS['Happy']]),
        (
            (*EXPRESSIONS, CONTEMPT),
            'contemptuous',
            7,
            list(COLOURS.values()),
        ),
        (('face',), 'face', 0, None),
    ],
)
def test_own_classes(tmp_path, classes, name, label, palette):
    face = VOCObject(name, HAPPY.bbox)
    write_split(tmp_path, add_image(tmp_path, 'a.jpg', face))
    dataset = load(tmp_path, metainfo=dict(classes=classes))
    assert dataset.get_data_info(0)['instances'][0]['bbox_label'] == label
    assert dataset.metainfo['classes'] == tuple(classes)
    assert dataset.metainfo.get('palette') == palette
    assert FERVOCDataset.METAINFO['classes'] == EXPRESSIONS


def test_boxes_without_an_expression(tmp_path, log):
    faces = [VOCObject(name, HAPPY.bbox) for name in ('face', 'Sad', 'face')]
    write_split(tmp_path, add_image(tmp_path, 'a.jpg', *faces))
    dataset = load(tmp_path, unlabelled='face')
    instances = dataset.get_data_info(0)['instances']
    assert [face['bbox_label'] for face in instances] == [7, 5, 7]
    assert dataset.label_names == (*EXPRESSIONS, 'face')
    assert dataset.metainfo['classes'] == EXPRESSIONS
    assert log[0].endswith('Sad 1 (1) | Surprise 0 (0) | face 2 (1)')
    with pytest.raises(InputError, match="'face'"):
        load(tmp_path)


def test_it_logs_once_what_it_holds(root, log):
    dataset = load(root, lazy_init=True, ignore_difficult=True)
    assert log == []
    add_image(root, 'c.jpg', HARD, HARD)
    dataset.full_init()
    dataset.full_init()
    assert len(log) == 1
    for words in (
        '4 images, 1 without a face',
        '5 faces, 2 ignored',
        'Anger 2 (1) | Disgust 0 (0) |',
        'Happy 2 (2) |',
        'Sad 1 (1) |',
    ):
        assert words in log[0]


@pytest.mark.parametrize(
    ('options', 'ids', 'words'),
    [
        (dict(), 'abcd', ''),
        (dict(filter_cfg=dict(filter_empty_gt=False)), 'abcd', ''),
        (dict(filter_cfg=dict(filter_empty_gt=True)), 'abc', '1 of 4'),
        (
            dict(filter_cfg=dict(filter_empty_gt=True), test_mode=True),
            'abcd',
            '',
        ),
        (dict(filter_cfg=dict(min_size=48)), 'abcd', ''),
        (dict(indices=2), 'ab', ''),
        (dict(serialize_data=True), 'abcd', ''),
    ],
)
def test_filters_are_for_training_and_logged(root, log, options, ids, words):
    dataset = load(root, **options)
    found = [dataset.get_data_info(i)['img_id'] for i in range(len(dataset))]
    assert found == list(ids)
    assert words in log[0]
    assert len(log) == (2 if words else 1)
