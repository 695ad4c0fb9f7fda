"""Images with one label each: a folder per class, or a CSV."""

import pytest
from releases import load, write_image, write_text, zip_folder

from fer_yolo_mamba.datasets.converters import (
    Remark,
    Skipped,
    read_class_folders,
    write_voc_set,
)
from fer_yolo_mamba.errors import InputError

WHOLE = (0, 0, 20, 16)


def make_folders(root):
    write_image(root / 'train/Happy/a.jpg')
    write_image(root / 'train/sadness/a.png')
    write_image(root / 'Validation/Sad/ü b.jpg')
    write_text(root / 'train/Happy/notes.txt', 'no image')
    return root


@pytest.mark.parametrize('zipped', [False, True])
def test_folders_name_expressions_and_splits(tmp_path, zipped):
    root = make_folders(tmp_path / 'faces')
    if zipped:
        root = zip_folder(root, keep_name=False)
    report = write_voc_set(read_class_folders(root), tmp_path / 'out')
    assert load(tmp_path / 'out') == {
        'train/Happy/a': [(3, *WHOLE)],
        'train/sadness/a': [(5, *WHOLE)],
    }
    assert load(tmp_path / 'out', 'val') == {
        'Validation/Sad/ü b': [(5, *WHOLE)]
    }
    assert report.clipped == 0


def test_without_splits_all_is_for_training(tmp_path):
    write_image(tmp_path / 'faces/Fear/a.jpg')
    write_image(tmp_path / 'faces/Contempt/b.jpg')
    stream = read_class_folders(tmp_path / 'faces')
    report = write_voc_set(stream, tmp_path / 'out')
    assert load(tmp_path / 'out') == {'Fear/a': [(2, *WHOLE)]}
    assert report.left_out_images[Skipped.UNKNOWN_LABEL].examples == [
        'Contempt/b (Contempt)'
    ]


def found_by_size(image):
    """Stands in for a detector: what it finds depends on the image's width."""
    return {
        20: [(2.5, 3, 12, 14)],
        22: [(1, 1, 15, 15), (16, 2, 21, 8)],
        24: [],
        26: [(-3, 2, 9, 9)],
    }[image.shape[1]]


def make_sizes(root):
    for width in (20, 22, 24, 26):
        write_image(root / f'Happy/{width}.png', width)
    write_text(root / 'Happy/broken.png', 'no image')
    return root


def test_boxes_come_from_the_detector(tmp_path):
    root = make_sizes(tmp_path / 'faces')
    stream = read_class_folders(root, detect=found_by_size)
    report = write_voc_set(stream, tmp_path / 'out')
    assert load(tmp_path / 'out') == {
        'Happy/20': [(3, 2.5, 3, 12, 14)],
        'Happy/22': [(3, 1, 1, 15, 15)],
        'Happy/26': [(3, 0, 2, 9, 9)],
    }
    assert {f: c.examples for f, c in report.left_out_images.items()} == {
        Skipped.NO_FACE: ['Happy/24'],
        Skipped.UNREADABLE: ['Happy/broken'],
    }
    assert report.remarks[Remark.FURTHER_FACES].examples == [
        'Happy/22 (1 more)'
    ]
    assert report.clipped == 1


def test_images_without_a_face_may_stay(tmp_path):
    root = make_sizes(tmp_path / 'faces')
    stream = read_class_folders(root, None, found_by_size, True)
    report = write_voc_set(stream, tmp_path / 'out')
    assert load(tmp_path / 'out')['Happy/24'] == [(3, 0, 0, 24, 16)]
    assert report.remarks[Remark.NO_FACE].examples == ['Happy/24']


def test_a_csv_names_images_labels_and_splits(tmp_path):
    write_image(tmp_path / 'photos/sub/a b.jpg')
    write_image(tmp_path / 'photos/c.jpg')
    table = write_text(
        tmp_path / 'labels.csv',
        '\ufefflabel,name,confidence,split\nAngry,"sub/a b.jpg",3,Validation\n'
        'Contempt,c.jpg,1,\nfear,c.jpg,2,\nfear,none.jpg,1,\n',
    )
    stream = read_class_folders(tmp_path / 'photos', table)
    report = write_voc_set(stream, tmp_path / 'out')
    assert load(tmp_path / 'out', 'val') == {'sub/a b': [(0, *WHOLE)]}
    assert load(tmp_path / 'out') == {'c': [(2, *WHOLE)]}
    assert {f: c.examples for f, c in report.left_out_images.items()} == {
        Skipped.UNKNOWN_LABEL: ['c (Contempt)'],
        Skipped.NO_IMAGE: ['none'],
    }


@pytest.mark.parametrize(
    ('text', 'word'),
    [
        ('', r'\(none\)'),
        ('image,emotion\na.jpg,happy\n', 'image, emotion'),
        (None, 'cannot be read'),
    ],
)
def test_a_csv_without_the_columns_is_one_sentence(tmp_path, text, word):
    table = tmp_path / 'labels.csv'
    if text is not None:
        write_text(table, text)
    with pytest.raises(InputError, match=rf'labels\.csv.*{word}'):
        read_class_folders(tmp_path, table)
