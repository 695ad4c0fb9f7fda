"""What changes the digest of a split, and what does not."""

import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.studies.comparison_runs.data_digest import (
    fer_datasets,
    split_digest,
)


def digest(root: Path) -> str:
    return split_digest(
        root / 'ImageSets/Main/train.txt',
        root / 'JPEGImages',
        root / 'Annotations',
    )


def first(root: Path, folder: str) -> Path:
    name = (root / 'ImageSets/Main/train.txt').read_text().split()[0]
    return next((root / folder).glob(f'{name}.*'))


def reverse_split(root):
    path = root / 'ImageSets/Main/train.txt'
    path.write_text('\n'.join(reversed(path.read_text().split())))


def edit_annotation(root):
    with first(root, 'Annotations').open('a') as file:
        file.write('<!-- seen -->')


def lengthen(root):
    with first(root, 'JPEGImages').open('ab') as file:
        file.write(b'.')


def rename(root):
    image = first(root, 'JPEGImages')
    image.rename(image.with_suffix('.JPEG'))


def lose_image(root):
    first(root, 'JPEGImages').unlink()


def break_annotation(root):
    first(root, 'Annotations').write_text('<annotation>')


def end_split_with_blank_lines(root):
    with (root / 'ImageSets/Main/train.txt').open('a') as file:
        file.write('\n\n')


def add_foreign_files(root):
    (root / 'JPEGImages/other.jpg').touch()
    (root / 'Annotations/other.xml').touch()


def touch(root):
    first(root, 'JPEGImages').touch()


@pytest.mark.parametrize(
    ('change', 'is_seen'),
    [
        (reverse_split, True),
        (edit_annotation, True),
        (lengthen, True),
        (rename, True),
        (lose_image, True),
        (break_annotation, True),
        (end_split_with_blank_lines, False),
        (add_foreign_files, False),
        (touch, False),
    ],
)
def test_changes_of_the_data(change, is_seen, drawn_set, tmp_path):
    # A copy has other times and another place, but is the same data.
    root = shutil.copytree(
        drawn_set, tmp_path / 'copy', copy_function=shutil.copyfile
    )
    assert digest(root) == digest(drawn_set)
    change(root)
    assert (digest(root) != digest(drawn_set)) == is_seen


def leaf(split, **more):
    return dict(
        type='FERVOCDataset', ann_file=f'{split}.txt', data_root='set', **more
    )


def loaders(train, test):
    return Config(
        dict(
            train_dataloader=dict(dataset=train),
            test_dataloader=dict(dataset=test),
        )
    )


@pytest.mark.parametrize(
    ('train', 'found'),
    [
        (leaf('train'), ['train']),
        (leaf('train', data_prefix=dict(img='faces')), ['train']),
        (dict(type='RepeatDataset', times=2, dataset=leaf('train')), ['train']),
        (
            dict(type='ConcatDataset', datasets=[leaf('a'), leaf('b')]),
            ['a', 'b'],
        ),
        (
            dict(
                type='RepeatDataset',
                times=2,
                dataset=dict(
                    type='ConcatDataset', datasets=[leaf('a'), leaf('b')]
                ),
            ),
            ['a', 'b'],
        ),
    ],
)
def test_data_sets_are_found_in_their_wrappers(train, found):
    assert list(fer_datasets(loaders(train, leaf('test')))) == [
        f'set/{name}.txt' for name in (*found, 'test')
    ]


@pytest.mark.parametrize(
    ('config', 'message'),
    [
        (Config(dict(a=1)), 'has no train_dataloader'),
        (
            loaders(dict(type='mmdet.CocoDataset', ann_file='a.json'), None),
            'reads mmdet.CocoDataset',
        ),
    ],
)
def test_other_data_is_an_error(config, message):
    with pytest.raises(InputError, match=message):
        fer_datasets(config)
