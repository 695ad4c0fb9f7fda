"""Archives: unpacked where needed, one sentence where they are at fault."""

import errno
import os
import zipfile

import pytest
from releases import (
    damage,
    make_rafdb,
    protect,
    snapshot,
    write_text,
    zip_folder,
    zip_rafdb,
)

from fer_yolo_mamba.datasets.converters import (
    read_rafdb,
    release,
    write_voc_set,
)
from fer_yolo_mamba.datasets.converters.release import unpack
from fer_yolo_mamba.errors import InputError

IMAGES = 'basic/Image/original.zip'
BOXES = 'basic/Annotation/boundingbox.zip'


def cut_short(archive):
    archive.write_bytes(archive.read_bytes()[:-40])


def empty(archive):
    archive.write_bytes(b'')


@pytest.mark.parametrize('spoil', [damage, cut_short, empty])
@pytest.mark.parametrize('part', [IMAGES, BOXES])
def test_a_damaged_archive_is_named(tmp_path, spoil, part):
    root = zip_rafdb(make_rafdb(tmp_path / 'RAF-DB'))
    spoil(root / part)
    with pytest.raises(InputError) as error:
        write_voc_set(read_rafdb(root), tmp_path / 'rafdb')
    assert str(root / part) in str(error.value)
    assert 'damaged or incomplete' in str(error.value)
    assert not (root / part).with_suffix('').exists()
    assert not list(root.rglob('*.part'))


def test_a_protected_archive_says_how_to_unpack_it(tmp_path):
    root = zip_rafdb(make_rafdb(tmp_path / 'RAF-DB'))
    protect(root / IMAGES)
    with pytest.raises(InputError, match=r'password.*7z x original\.zip'):
        write_voc_set(read_rafdb(root), tmp_path / 'rafdb')


def test_archives_that_are_not_needed_do_not_matter(tmp_path):
    root = zip_rafdb(make_rafdb(tmp_path / 'RAF-DB'))
    damage(root / 'basic/Image/aligned.zip')
    empty(root / 'basic/Annotation/auto.zip')
    assert write_voc_set(read_rafdb(root), tmp_path / 'rafdb').images == 3
    assert not (root / 'basic/Image/aligned').exists()


def test_what_is_unpacked_comes_before_what_is_zipped(tmp_path):
    root = make_rafdb(tmp_path / 'RAF-DB')
    write_text(root / IMAGES, 'no archive')
    assert write_voc_set(read_rafdb(root), tmp_path / 'rafdb').images == 3


@pytest.mark.parametrize(
    'name',
    [
        '../evil.jpg',
        'a/../../evil.jpg',
        '/evil.jpg',
        'C:/evil.jpg',
        '..\\b.jpg',
    ],
)
def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path, name):
    path = tmp_path / 'a.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('good.jpg', b'')
        archive.writestr(name, b'')
    with pytest.raises(InputError) as error:
        unpack(path)
    assert str(path) in str(error.value)
    assert 'evil' in str(error.value) or 'b.jpg' in str(error.value)
    assert list(tmp_path.iterdir()) == [path]


def test_folders_of_the_mac_finder_are_passed_over(tmp_path):
    path = tmp_path / 'a.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('original/a.jpg', b'a')
        archive.writestr('__MACOSX/original/._a.jpg', b'b')
    files = [file for file in unpack(path).rglob('*') if file.is_file()]
    assert files == [tmp_path / 'a/original/a.jpg']


def test_an_archive_is_unpacked_once_and_files_keep_their_times(tmp_path):
    path = tmp_path / 'a.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr(zipfile.ZipInfo('b.txt', (2001, 2, 3, 4, 5, 6)), 'b')
    folder = unpack(path)
    assert folder == tmp_path / 'a'
    assert (folder / 'b.txt').stat().st_mtime == 981173106
    before = snapshot(tmp_path)
    assert unpack(path) == folder
    assert snapshot(tmp_path) == before


def test_an_interrupted_unpacking_begins_anew(tmp_path, monkeypatch):
    root = zip_rafdb(make_rafdb(tmp_path / 'RAF-DB'))
    # What a killed run leaves is not taken for a part of the release.
    left = root / 'basic/Image/.0a1b.part'
    write_text(left / 'original/a.jpg', 'half')
    os.utime(left, (0, 0))

    def full(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, 'extract', full)
        with pytest.raises(InputError, match=r'original\.zip: .*No space left'):
            write_voc_set(read_rafdb(root), tmp_path / 'rafdb')
    assert list(root.rglob('*.part')) == [left]
    assert write_voc_set(read_rafdb(root), tmp_path / 'rafdb').images == 3
    assert not list(root.rglob('*.part'))


def test_of_two_processes_that_unpack_the_first_serves(tmp_path, monkeypatch):
    path = tmp_path / 'a.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('b.txt', 'b')

    def extract_after_the_other(opened, member, folder):
        write_text(tmp_path / 'a/b.txt', 'b')
        return write_text(folder / 'b.txt', 'b')

    monkeypatch.setattr(zipfile.ZipFile, 'extract', extract_after_the_other)
    assert unpack(path) == tmp_path / 'a'
    assert set(tmp_path.rglob('*')) == {
        tmp_path / name for name in ('a', 'a.zip', 'a/b.txt')
    }


def test_an_archive_that_is_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(release, '_SMALL', 2**20)
    path = tmp_path / 'a.zip'
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.txt', bytes(2**22))
    with pytest.raises(InputError, match=r'a\.zip: would unpack to 0\.0 GiB'):
        unpack(path)
    assert list(tmp_path.iterdir()) == [path]


def test_archives_in_an_archive_are_unpacked_too(tmp_path):
    path = zip_folder(zip_rafdb(make_rafdb(tmp_path / 'RAF-DB')))
    assert write_voc_set(read_rafdb(path), tmp_path / 'rafdb').images == 3
    # The folder is the same release.
    folder = path.with_suffix('')
    assert write_voc_set(read_rafdb(folder), tmp_path / 'rafdb').images == 3


def test_linked_folders_are_entered_and_circles_left(tmp_path):
    elsewhere = make_rafdb(tmp_path / 'elsewhere')
    root = tmp_path / 'RAF-DB'
    root.mkdir()
    (root / 'linked').symlink_to(elsewhere / 'basic')
    (elsewhere / 'basic/circle').symlink_to(root)
    assert write_voc_set(read_rafdb(root), tmp_path / 'rafdb').images == 3


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    root = make_rafdb(tmp_path / 'RAF-DB')
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith('original'):
            raise PermissionError(13, 'Permission denied', str(path))
        return scandir(path)

    monkeypatch.setattr(os, 'scandir', refuse)
    with pytest.raises(InputError, match=r'original: cannot read'):
        read_rafdb(root)
