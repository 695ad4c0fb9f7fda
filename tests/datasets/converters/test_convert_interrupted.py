"""The shared writer: interruptions, full disks, and what a user changed."""

import errno
import os
import shutil
from dataclasses import replace

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
    write_text,
)

from fer_yolo_mamba.datasets import read_voc_xml, write_voc_xml
from fer_yolo_mamba.datasets.converters import (
    Remark,
    Transfer,
    read_rafdb,
    set_folder,
    write_voc_set,
)
from fer_yolo_mamba.errors import InputError


class Stop(Exception):
    pass


def changed_files(root, before):
    """Those below a folder that changed since a snapshot."""
    after = snapshot(root).items()
    return [
        path.as_posix()
        for path, state in after
        if before.get(path) != state and (root / path).is_file()
    ]


STEPS = 6  # writes of three(): manifest, three annotations, split, manifest


@pytest.mark.parametrize('calls', range(STEPS))
def test_an_interrupted_conversion_goes_on(
    tmp_path, photos, monkeypatch, calls
):
    """Whatever step it stops at, the next run ends with the whole set."""
    out, whole = tmp_path / 'set', tmp_path / 'whole'
    write_voc_set(three(photos), whole)
    left = [calls]

    def interrupted(step):
        def run(*arguments, **options):
            if left[0] == 0:
                raise Stop
            left[0] -= 1
            return step(*arguments, **options)

        return run

    with monkeypatch.context() as patch:
        for module, step in (
            (set_folder, 'write_voc_xml'),
            (set_folder, 'write_atomically'),
        ):
            original = getattr(module, step)
            patch.setattr(module, step, interrupted(original))
        with pytest.raises(Stop):
            write_voc_set(three(photos), out)
    before = snapshot(out)
    split = out / 'ImageSets/Main/train.txt'
    assert split.exists() == (calls == STEPS - 1)
    write_voc_set(three(photos), out)
    assert load(out) == load(whole)
    after = snapshot(out)
    for path, state in before.items():
        if path.suffix in ('.xml', '.jpg', '.png', '.txt'):
            assert after[path] == state
    assert not list(out.rglob('*.part'))


def test_what_a_killed_run_left_half_written_is_no_obstacle(tmp_path, photos):
    out = tmp_path / 'set'
    os.utime(write_text(out / '.0a1b.part', 'half'), (0, 0))
    write_voc_set(three(photos), out)
    os.utime(write_text(out / 'JPEGImages/.2c3d.part', 'half'), (0, 0))
    (out / 'JPEGImages/a.jpg').unlink()
    write_voc_set(three(photos), out)
    assert len(load(out)) == 3
    assert not list(out.rglob('*.part'))


def test_a_full_disk_is_one_sentence_and_what_is_there_stays(
    tmp_path, photos, monkeypatch
):
    out = tmp_path / 'set'
    copied = []

    def copyfileobj(source, target):
        copied.append(source)
        if len(copied) == 2:
            target.write(b'half')
            raise OSError(errno.ENOSPC, 'No space left on device')
        return original(source, target)

    original = shutil.copyfileobj
    with monkeypatch.context() as patch:
        patch.setattr(shutil, 'copyfileobj', copyfileobj)
        with pytest.raises(InputError) as error:
            write_voc_set(three(photos), out, transfer=Transfer.COPY)
    for word in (str(out), 'No space left', 'make room', 'start again'):
        assert word in str(error.value)
    assert '\n' not in str(error.value)
    assert not list(out.rglob('*.part'))
    assert [p.name for p in (out / 'JPEGImages').iterdir()] == ['a.jpg']
    report = write_voc_set(three(photos), out, transfer=Transfer.COPY)
    assert report.images == len(load(out)) == 3


@pytest.mark.parametrize('code', [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_target_that_cannot_be_written_is_one_sentence(
    tmp_path, photos, monkeypatch, code
):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(set_folder, 'write_atomically', refuse)
    with pytest.raises(InputError, match=os.strerror(code)):
        write_voc_set(three(photos), tmp_path / 'set')


@pytest.mark.parametrize(
    ('code', 'remedy'),
    [(errno.EXDEV, 'copied'), (errno.EPERM, 'copied'), (errno.EIO, 'another')],
)
def test_where_links_cannot_be_made_the_remedy_is_to_copy(
    tmp_path, photos, monkeypatch, code, remedy
):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, 'link', refuse)
    with pytest.raises(InputError, match=remedy):
        write_voc_set(
            three(photos), tmp_path / 'set', transfer=Transfer.HARDLINK
        )


def test_a_file_in_the_way_of_the_folder_is_one_sentence(tmp_path, photos):
    write_text(tmp_path / 'set', 'mine')
    for out in (tmp_path / 'set', tmp_path / 'set' / 'below'):
        with pytest.raises(InputError, match='set'):
            write_voc_set(three(photos), out)
    assert (tmp_path / 'set').read_text() == 'mine'


def test_a_folder_of_something_else_is_left_alone(tmp_path, photos):
    out = tmp_path / 'set'
    write_text(out / 'ImageSets/Main/train.txt', 'mine\n')
    before = snapshot(out)
    for dry_run in (True, False):
        with pytest.raises(InputError, match='something other'):
            write_voc_set(three(photos), out, dry_run=dry_run)
    assert snapshot(out) == before


def test_sets_of_two_origins_do_not_mix(tmp_path, photos):
    out = tmp_path / 'set'
    write_voc_set(three(photos), out)
    before = snapshot(out)
    with pytest.raises(InputError, match=r'another origin.*photos'):
        write_voc_set(read_rafdb(make_rafdb(tmp_path / 'RAF-DB')), out)
    assert snapshot(out) == before


def test_what_a_user_changed_stays(tmp_path, photos):
    out = tmp_path / 'set'
    write_voc_set(three(photos), out, transfer=Transfer.COPY)
    xml = out / 'Annotations/a.xml'
    write_text(xml, xml.read_text().replace('Happy', 'Sad'))
    write_image(out / 'JPEGImages/b c.png', WIDTH, HEIGHT + 4)
    before = snapshot(out)
    for dry_run in (True, False):
        report = write_voc_set(three(photos), out, dry_run=dry_run)
        assert report.remarks[Remark.KEPT_ANNOTATION].examples == ['a']
        assert report.boxes == {'Happy': 2, 'Sad': 1}
        assert report.split_boxes['train'] == report.boxes
    assert report.remarks[Remark.KEPT_IMAGE].examples == ['b c']
    # That of the image, which is now of another size.
    assert changed_files(out, before) == ['Annotations/b c.xml']
    assert len(load(out)) == 3


def test_what_nobody_changed_follows_a_corrected_release(tmp_path, photos):
    out = tmp_path / 'set'
    write_voc_set(three(photos), out)
    before = snapshot(out)
    corrected = stream_of(
        photos,
        ('a.jpg', 'train', replace(FACE, name='Sad')),
        *((name, 'train', FACE) for name in NAMES[1:]),
    )
    report = write_voc_set(corrected, out)
    assert not report.remarks
    assert report.boxes == {'Happy': 2, 'Sad': 1}
    assert changed_files(out, before) == ['Annotations/a.xml']
    assert load(out)['a'] == [(5, *FACE.bbox)]


def test_an_annotation_that_a_program_wrote_anew_stays(tmp_path, photos):
    out = tmp_path / 'set'
    write_voc_set(three(photos), out)
    xml = out / 'Annotations/a.xml'
    write_voc_xml(xml, replace(read_voc_xml(xml), objects=()))
    report = write_voc_set(three(photos), out)
    assert report.remarks[Remark.KEPT_ANNOTATION].examples == ['a']
    assert report.boxes == {'Happy': 2}
    assert read_voc_xml(xml).objects == ()


def test_a_split_that_a_user_changed_stays(tmp_path, photos):
    out = tmp_path / 'set'
    write_voc_set(three(photos), out)
    split = write_text(out / 'ImageSets/Main/train.txt', 'a\n')
    with pytest.raises(InputError, match='was changed'):
        write_voc_set(three(photos), out)
    assert split.read_text() == 'a\n'


def test_a_release_that_has_grown_is_taken_in(tmp_path, photos):
    out = tmp_path / 'set'
    (photos / 'a.jpg').rename(photos / 'away')
    assert write_voc_set(three(photos), out).images == 2
    (photos / 'away').rename(photos / 'a.jpg')
    assert write_voc_set(three(photos), out).images == 3
    assert list(load(out)) == [name.rpartition('.')[0] for name in NAMES]


def test_links_become_copies_where_they_are_asked_for(tmp_path, photos):
    out = tmp_path / 'set'
    write_voc_set(three(photos), out)
    write_voc_set(three(photos), out, transfer=Transfer.COPY)
    shutil.rmtree(photos)
    assert len(load(out)) == 3


def test_an_annotation_that_a_crash_emptied_is_written_again(tmp_path, photos):
    out = tmp_path / 'set'
    write_voc_set(three(photos), out)
    write_text(out / 'Annotations/a.xml', '')
    write_voc_set(three(photos), out)
    assert len(load(out)) == 3


def test_a_release_without_a_usable_image_is_an_error(tmp_path, photos):
    (photos / 'a.jpg').write_bytes(b'')
    with pytest.raises(InputError, match=r'no image can be used.*read: a'):
        write_voc_set(
            stream_of(photos, ('a.jpg', 'train', FACE)), tmp_path / 'b'
        )
    assert not (tmp_path / 'b').exists()
