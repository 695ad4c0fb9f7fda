"""The shared writer: what it writes, and what it leaves alone."""

import errno
import os
import shutil
from dataclasses import replace

import pytest
from releases import (
    HEIGHT,
    WIDTH,
    load,
    make_rafdb,
    snapshot,
    stream_of,
    write_image,
    write_text,
    zip_rafdb,
)

from fer_yolo_mamba.datasets import VOCObject, read_voc_xml
from fer_yolo_mamba.datasets.converters import (
    Fault,
    Remark,
    Transfer,
    manifest,
    read_rafdb,
    set_folder,
    write_voc_set,
)
from fer_yolo_mamba.errors import InputError

FACE = VOCObject('Happy', (1.5, 2, 10, 12.25), attributes={'age': '4-19'})
NAMES = ('a.jpg', 'b c.png', 'Füße/日本 語.jpg')


@pytest.fixture
def photos(tmp_path):
    """Three images, two with names that are not plain."""
    folder = tmp_path / 'photos'
    for name in NAMES:
        write_image(folder / name)
    return folder


def three(photos):
    return stream_of(photos, *[(name, 'train', FACE) for name in NAMES])


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


def test_a_second_call_extracts_nothing_again(tmp_path):
    root = zip_rafdb(make_rafdb(tmp_path / 'RAF-DB'))
    out = tmp_path / 'set'
    write_voc_set(read_rafdb(root), out)
    before = snapshot(out)
    report = write_voc_set(read_rafdb(root), out)
    assert snapshot(out) == before
    assert not report.remarks


def test_a_dry_run_reports_the_same_and_writes_nothing(tmp_path, photos):
    out = tmp_path / 'set'
    dry = write_voc_set(three(photos), out, dry_run=True)
    assert not out.exists()
    assert dry == write_voc_set(three(photos), out)
    root = zip_rafdb(make_rafdb(tmp_path / 'RAF-DB'))
    before = snapshot(tmp_path)
    assert write_voc_set(read_rafdb(root), tmp_path / 'b', dry_run=True).images
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
    assert report.left_out_boxes[Fault.NO_AREA].count == 1
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
    assert report.left_out_images[Fault.NAME_TAKEN].count == 1
    assert report.left_out_images[Fault.LISTED_BEFORE].count == 2


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
    assert report.left_out_images[Fault.BAD_NAME].count == 1
    assert list(load(tmp_path / 'x' / 'y' / 'set')) == ['b c']
    assert not list((tmp_path / 'x').rglob('a.*'))


@pytest.mark.parametrize('split', ['../train', 'a/b', '', 'a\nb'])
def test_a_split_that_leads_astray_is_an_error(tmp_path, photos, split):
    with pytest.raises(InputError, match='split file'):
        write_voc_set(stream_of(photos, ('a.jpg', split)), tmp_path / 'set')
    assert not (tmp_path / 'set').exists()


class Stop(Exception):
    pass


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
        def run(*arguments):
            if left[0] == 0:
                raise Stop
            left[0] -= 1
            return step(*arguments)

        return run

    with monkeypatch.context() as patch:
        for module, step in (
            (set_folder, 'write_voc_xml'),
            (set_folder, 'write_split'),
            (manifest, 'write_atomically'),
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
    write_text(out / '.converted_set.json.0.part', '{')
    write_voc_set(three(photos), out)
    write_text(out / '.staged.part', 'half')
    (out / 'JPEGImages/a.jpg').unlink()
    write_voc_set(three(photos), out, transfer=Transfer.COPY)
    assert len(load(out)) == 3
    assert not (out / '.staged.part').exists()


def test_a_full_disk_is_one_sentence_and_what_is_there_stays(
    tmp_path, photos, monkeypatch
):
    out = tmp_path / 'set'
    copied = []

    def copyfile(source, target):
        copied.append(source)
        if len(copied) == 2:
            with open(target, 'wb') as file:
                file.write(b'half')
            raise OSError(errno.ENOSPC, 'No space left on device', str(target))
        return original(source, target)

    original = shutil.copyfile
    with monkeypatch.context() as patch:
        patch.setattr(shutil, 'copyfile', copyfile)
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

    monkeypatch.setattr(manifest, 'write_atomically', refuse)
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
    report = write_voc_set(three(photos), out, transfer=Transfer.SYMLINK)
    assert report.remarks[Remark.KEPT_ANNOTATION].examples == ['a', 'b c']
    assert report.remarks[Remark.KEPT_IMAGE].examples == ['b c']
    assert snapshot(out) == before


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


def test_the_images_pass_through_the_progress(tmp_path, photos):
    seen = []

    def progress(stream):
        assert len(stream) == 3
        for image in stream:
            seen.append(image.image_id)
            yield image

    write_voc_set(three(photos), tmp_path / 'set', progress=progress)
    assert seen == ['a', 'b c', 'Füße/日本 語']


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
