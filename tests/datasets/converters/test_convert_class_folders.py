"""Images with one label each: a folder per class, or a CSV."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from mmyolo.registry import DATASETS
from releases import load, write_image, write_text, zip_folder

from fer_yolo_mamba.datasets.converters import (
    Remark,
    Skipped,
    read_class_folders,
    write_voc_set,
)
from fer_yolo_mamba.engine.config import load_config
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


def splits_of(names, **options):
    """The images of each split, given paths below the folder."""
    with TemporaryDirectory() as folder:
        for name in names:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        stream = read_class_folders(folder, **options)
        splits = {'train': set(), 'val': set()}
        for image in stream:
            splits[image.splits[0]].add(image.image_id)
    return splits['train'], splits['val']


PEOPLE = [f'p{number:02d}' for number in range(20)]
NAMED = {
    'names of files': [f'Happy/{p}_{n}.jpg' for p in PEOPLE for n in range(3)]
    + [f'Sad/{p}_{n}.jpg' for p in PEOPLE for n in range(3)],
    'folders': [f'{p}/Happy/{n}.jpg' for p in PEOPLE for n in range(3)]
    + [f'{p}/Sad/{n}.jpg' for p in PEOPLE for n in range(3)],
}


@pytest.mark.parametrize('names', NAMED.values(), ids=NAMED)
def test_people_whom_the_names_tell_are_in_one_split(names):
    train, val = splits_of(names)
    assert len(val) == 12  # two of the 20

    def people(images):
        return {re.search(r'p\d\d', image)[0] for image in images}

    assert len(people(val)) == 2
    assert not people(train) & people(val)
    assert splits_of(names) == (train, val)
    assert splits_of(names, seed=1) != (train, val)


@pytest.mark.parametrize('prefix', ['', 'img_', 'happy_'])
def test_names_that_tell_nobody_give_a_share_of_each_class(prefix):
    names = [
        f'{label}/{prefix}{number}.jpg'
        for label, count in (('Happy', 100), ('Sad', 20))
        for number in range(count)
    ]
    train, val = splits_of(names)
    assert len(train) == 108
    assert sum(image.startswith('Happy') for image in val) == 10
    assert splits_of(names, val_fraction=0)[1] == set()


@pytest.mark.parametrize('count', range(1, 12))
def test_a_few_images_leave_one_to_validate(count):
    train, val = splits_of([f'Sad/{number}.jpg' for number in range(count)])
    assert len(train) == max(count - 1, 1)
    assert len(val) == count - len(train)


def test_what_is_split_already_stays(tmp_path):
    names = [f'{part}/Sad/{n}.jpg' for part in ('train', 'val') for n in 'abcd']
    train, val = splits_of(names, val_fraction=0.5)
    assert {image[:3] for image in train} == {'tra'}
    assert len(val) == 4


@pytest.mark.parametrize('fraction', [-0.1, 1, float('nan')])
def test_a_share_that_is_none_is_one_sentence(tmp_path, fraction):
    with pytest.raises(InputError, match=r'val_fraction: .* is no share'):
        read_class_folders(tmp_path, val_fraction=fraction)


def test_the_config_of_the_main_page_fits(tmp_path, repository, monkeypatch):
    for number in range(10):
        write_image(tmp_path / f'faces/Fear/{number}.jpg')
    monkeypatch.chdir(tmp_path)
    write_voc_set(read_class_folders('faces'), 'data/mine')
    page = (repository / 'README.md').read_text(encoding='utf-8')
    config = re.search(r"(_base_ = '\./.*?)```", page, re.DOTALL)[1]
    config = config.replace('./fer', f'{repository}/configs/fer')
    loaded = load_config(write_text(tmp_path / 'mine.py', config))
    for loader, count in (
        (loaded.train_dataloader, 9),
        (loaded.val_dataloader, 1),
        (loaded.test_dataloader, 1),
    ):
        assert len(DATASETS.build(dict(loader.dataset, pipeline=[]))) == count


def test_a_single_image_is_for_training(tmp_path):
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
