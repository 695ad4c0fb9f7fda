"""RAF-DB as its authors distribute it."""

import pytest
from releases import RAFDB, load, make_rafdb, write_text, zip_folder, zip_rafdb

from fer_yolo_mamba.datasets import read_voc_xml
from fer_yolo_mamba.datasets.converters import (
    Remark,
    Skipped,
    read_rafdb,
    write_voc_set,
)
from fer_yolo_mamba.errors import InputError

LABELS = 'basic/EmoLabel/list_patition_label.txt'
SAD, HAPPY, NEUTRAL = 5, 3, 4


def unpacked(root):
    return root


def zipped_flat(root):
    return zip_rafdb(root, keep_name=False)


def in_one_zip(root):
    return zip_folder(root / 'basic')


@pytest.mark.parametrize('pack', [unpacked, zip_rafdb, zipped_flat, in_one_zip])
def test_any_packing_gives_the_same_set(tmp_path, pack):
    release = pack(make_rafdb(tmp_path / 'RAF-DB'))
    out = tmp_path / 'rafdb'
    report = write_voc_set(read_rafdb(release), out)
    assert load(out) == {
        'train_00001': [(SAD, 3.5, 2.25, 15, 12.125)],
        'train_00002': [(HAPPY, 0, 1, 20, 14)],
    }
    assert load(out, 'test') == {'test_0001': [(NEUTRAL, 0, 0, 20, 16)]}
    assert report.split_images == {'train': 2, 'test': 1}
    assert report.clipped == 1
    assert not report.left_out_images
    assert not report.remarks


def test_gender_race_and_age_are_kept(tmp_path):
    out = tmp_path / 'rafdb'
    write_voc_set(read_rafdb(make_rafdb(tmp_path / 'RAF-DB')), out)
    faces = {
        name: read_voc_xml(out / f'Annotations/{name}.xml').objects[0]
        for name in ('train_00001', 'test_0001')
    }
    assert faces['train_00001'].attributes == {
        'gender': 'female',
        'race': 'Asian',
        'age': '70+',
    }
    assert faces['test_0001'].attributes == {
        'gender': 'unsure',
        'race': 'African-American',
        'age': '0-3',
    }


def replace_line(root):
    path = root / LABELS
    write_text(path, path.read_text().replace('_00001.jpg 5', '_00001.jpg 8'))


def remove(part):
    def change(root):
        (root / 'basic' / part).unlink()

    return change


def put(part, text):
    def change(root):
        write_text(root / 'basic' / part, text)

    return change


BOX = 'Annotation/boundingbox/train_00001_boundingbox.txt'
FACTS = 'Annotation/manual/train_00001_manu_attri.txt'
IMAGE = 'Image/original/train_00001.jpg'


@pytest.mark.parametrize(
    ('change', 'fault'),
    [
        (replace_line, Skipped.UNKNOWN_LABEL),
        (remove(BOX), Skipped.NO_BOX),
        (put(BOX, '1 2 3'), Skipped.BAD_BOX),
        (put(BOX, '1 2 3 nan'), Skipped.BAD_BOX),
        (put(BOX, '25 2 30 9'), Skipped.NO_AREA),
        (put(BOX, '9 9 9 12'), Skipped.NO_AREA),
        (remove(IMAGE), Skipped.NO_IMAGE),
        (put(IMAGE, 'no image'), Skipped.UNREADABLE),
        (put(IMAGE, ''), Skipped.UNREADABLE),
    ],
)
def test_what_cannot_be_used_is_left_out_and_counted(tmp_path, change, fault):
    root = make_rafdb(tmp_path / 'RAF-DB')
    change(root)
    report = write_voc_set(read_rafdb(root), tmp_path / 'rafdb')
    assert list(load(tmp_path / 'rafdb')) == ['train_00002']
    assert {f: c.count for f, c in report.left_out_images.items()} == {fault: 1}
    assert 'train_00001' in str(report)
    assert fault.value in str(report)


@pytest.mark.parametrize(
    'change',
    [
        remove(FACTS),
        put(FACTS, '1\n'),
        put(FACTS, '5.1\t6.2\n' * 5 + '1\n7\n0\n'),
    ],
)
def test_without_attributes_the_face_stays(tmp_path, change):
    root = make_rafdb(tmp_path / 'RAF-DB')
    change(root)
    report = write_voc_set(read_rafdb(root), tmp_path / 'rafdb')
    assert report.images == len(RAFDB)
    assert report.remarks[Remark.NO_ATTRIBUTES].count == 1


@pytest.mark.parametrize(
    ('line', 'words'),
    [
        ('train_00009.jpg', ['line 4', "'train_00009.jpg'"]),
        ('val_00009.jpg 3', ['line 4', "'val_00009.jpg 3'"]),
    ],
)
def test_a_malformed_label_list_is_an_error(tmp_path, line, words):
    root = make_rafdb(tmp_path / 'RAF-DB')
    path = root / LABELS
    write_text(path, path.read_text() + line)
    with pytest.raises(InputError) as error:
        read_rafdb(root)
    for word in ('list_patition_label.txt', *words):
        assert word in str(error.value)


@pytest.mark.parametrize('part', ['EmoLabel', 'original', 'boundingbox'])
def test_a_missing_part_is_named(tmp_path, part):
    root = make_rafdb(tmp_path / 'RAF-DB')
    folder = next(root.rglob(part))
    folder.rename(folder.with_name('gone'))
    with pytest.raises(InputError, match=f'no folder named .{part}.'):
        read_rafdb(root)


def test_another_kind_of_archive_is_to_be_unpacked(tmp_path):
    root = make_rafdb(tmp_path / 'RAF-DB')
    folder = root / 'basic/Image/original'
    folder.rename(root / 'gone')
    write_text(root / 'basic/Image/original.7z', '')
    with pytest.raises(InputError, match=r'unpack original\.7z first'):
        read_rafdb(root)
