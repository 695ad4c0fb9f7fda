"""Reading and writing VOC annotations."""

import errno
import os
import re
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_yolo_mamba.datasets.voc_xml import (
    VOCAnnotation,
    VOCObject,
    is_as_sealed,
    read_voc_xml,
    write_voc_xml,
)
from fer_yolo_mamba.errors import InputError

FACE = """
<object>
  <name> Happy </name><pose>Frontal</pose>
  <truncated>1</truncated><difficult>0</difficult>
  <bndbox>
    <ymax>48</ymax><xmin>3.5</xmin><ymin>1</ymin><xmax>60</xmax>
  </bndbox>
  <part><name>nose</name></part>
</object>
"""
SIZE = '<size><width>64</width><height>48</height><depth>1</depth></size>'
FILE = f'<annotation><filename>a.jpg</filename>{SIZE}{FACE}</annotation>'


def write(folder, text):
    path = folder / 'a.xml'
    path.write_text(text, encoding='utf-8')
    return path


def test_reads_what_is_written_and_changes_no_coordinate(tmp_path):
    face = VOCObject(
        name='Happy',
        bbox=(3.5, 1.0, 60.0, 48.0),
        truncated=True,
        attributes={'pose': 'Frontal'},
    )
    assert read_voc_xml(write(tmp_path, FILE)) == VOCAnnotation(
        filename='a.jpg', width=64, height=48, depth=1, objects=(face,)
    )


def test_reads_a_file_with_the_bare_necessities(tmp_path):
    text = (
        '<annotation><size><width>64</width><height>48.0</height></size>'
        '<object><name>Sad</name><bndbox><xmin>1</xmin><ymin>2</ymin>'
        '<xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>'
    )
    assert read_voc_xml(write(tmp_path, text)) == VOCAnnotation(
        '', 64, 48, 3, (VOCObject('Sad', (1, 2, 3, 4)),)
    )


@pytest.mark.parametrize(
    ('old', 'new', 'words'),
    [
        ('</annotation>', '', ['well-formed']),
        (FILE, '', ['well-formed']),
        (FILE, f'<!DOCTYPE a [<!ENTITY b "c">]>{FILE}', ['well-formed']),
        (FILE, f'<?xml version="1.0" encoding="x"?>{FILE}', ['well-formed']),
        (FILE, '<html/>', ['<html>', '<annotation>']),
        ('<width>64', '<width>wide', ['<size>', '<width>', "'wide'"]),
        ('<width>64', '<width>1e400', ['<width>', 'not a number']),
        ('<height>48', '<height>-1', ['<height>', '-1', 'positive']),
        ('<height>48', '<height>48.5', ['<height>', '48.5', 'whole']),
        ('<name> Happy </name>', '', ['<object> 1', '<name>', 'missing']),
        ('<name> Happy ', '<name> ', ['<object> 1', '<name>', 'empty']),
        ('bndbox>', 'polygon>', ['<object> 1', '<bndbox>', 'missing']),
        ('<ymin>1</ymin>', '', ['<object> 1', '<ymin>', 'missing']),
        ('<xmin>3.5', '<xmin>nan', ['<object> 1', '<xmin>', "'nan'"]),
        ('<xmax>60', '<xmax>inf', ['<object> 1', '<xmax>', "'inf'"]),
        ('<xmax>60', '<xmax>6o', ['<object> 1', '<xmax>', "'6o'"]),
        ('<xmax>60', f'<xmax>{10**400}', ['<xmax>', 'not a number']),
        pytest.param(FILE, ' ' * 2**23, ['larger than 4 MiB'], id='huge'),
    ],
)
def test_a_fault_is_an_error_that_names_file_and_element(
    tmp_path, old, new, words
):
    text = FILE.replace(old, new)
    assert text != FILE
    path = write(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_voc_xml(path)
    for word in (str(path), *words):
        assert word in str(error.value)


@pytest.mark.parametrize(
    ('old', 'new', 'size'),
    [
        (SIZE, '', (0, 0, 3)),
        (SIZE, '<size/>', (0, 0, 3)),
        ('<width>64</width>', '', (0, 48, 1)),
        ('<width>64', '<width>', (0, 48, 1)),
        ('<width>64', '<width>0', (0, 48, 1)),
        ('<height>48', '<height> 0.0 ', (64, 0, 1)),
        *[
            ('<depth>1', f'<depth>{depth}', (64, 48, 3))
            for depth in ('', '0', '-1', 'RGB', 'Unspecified')
        ],
    ],
)
def test_a_size_that_is_not_given_is_no_fault(tmp_path, old, new, size):
    found = read_voc_xml(write(tmp_path, FILE.replace(old, new)))
    assert (found.width, found.height, found.depth) == size


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        *[(text, True) for text in ('1', ' 1 ', 'True', 'yes', '0.0597', '2')],
        *[(text, False) for text in ('0', 'False', 'no', '', '0.0', '-1')],
        *[(text, False) for text in ('Unspecified', 'nan', 'maybe', '½')],
    ],
)
@pytest.mark.parametrize('flag', ['truncated', 'difficult'])
def test_flags_are_read_in_whatever_way_they_are_written(
    tmp_path, flag, text, expected
):
    written = re.sub(f'<{flag}>.<', f'<{flag}>{text}<', FILE)
    (face,) = read_voc_xml(write(tmp_path, written)).objects
    assert getattr(face, flag) is expected


def test_what_lies_deep_is_passed_over(tmp_path):
    deep = '<part>' * 50_000 + '</part>' * 50_000
    path = write(tmp_path, FILE.replace('</object>', f'{deep}</object>'))
    assert len(read_voc_xml(path).objects) == 1


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'a.xml')
    with pytest.raises(InputError, match=r'a\.xml: cannot be read .*pipe'):
        read_voc_xml(tmp_path / 'a.xml')


def test_the_second_of_two_faces_is_named(tmp_path):
    broken = FACE.replace('3.5', 'left')
    path = write(tmp_path, FILE.replace(FACE, FACE + broken))
    with pytest.raises(InputError, match='<object> 2 <xmin>'):
        read_voc_xml(path)


def test_a_missing_file_and_a_folder_are_errors(tmp_path):
    with pytest.raises(InputError, match=r'b\.xml: there is no'):
        read_voc_xml(tmp_path / 'b.xml')
    with pytest.raises(InputError, match='cannot be read'):
        read_voc_xml(tmp_path)


one_line = st.text(
    st.characters(exclude_categories=('Cc', 'Cs', 'Cn')), max_size=20
).map(str.strip)
coordinate = st.floats(allow_nan=False, allow_infinity=False)
objects = st.builds(
    VOCObject,
    name=one_line.filter(bool),
    bbox=st.tuples(coordinate, coordinate, coordinate, coordinate),
    difficult=st.booleans(),
    truncated=st.booleans(),
    attributes=st.dictionaries(
        st.sampled_from(['gender', 'race', 'age', 'pose', 'note-1.b']),
        one_line,
    ),
)
annotations = st.builds(
    VOCAnnotation,
    filename=one_line,
    width=st.integers(1, 10**6),
    height=st.integers(1, 10**6),
    depth=st.integers(1, 4),
    objects=st.lists(objects, max_size=3).map(tuple),
)


@settings(deadline=None, max_examples=150)
@given(annotations)
def test_what_is_written_is_read_back(tmp_path_factory, annotation):
    path = tmp_path_factory.getbasetemp() / 'round_trip.xml'
    write_voc_xml(path, annotation)
    assert read_voc_xml(path) == annotation


def test_whole_numbers_have_no_point_and_others_all_digits(tmp_path):
    face = VOCObject('Fürchten', (3, 4.0, 60.1, 47.123456789012345))
    path = tmp_path / 'a.xml'
    write_voc_xml(path, VOCAnnotation('ü.jpg', 64, 48, 3, (face,)))
    text = path.read_text(encoding='utf-8')
    for element in (
        '<xmin>3</xmin>',
        '<ymin>4</ymin>',
        '<xmax>60.1</xmax>',
        '<ymax>47.123456789012344</ymax>',
        '<width>64</width>',
        '<name>Fürchten</name>',
        '<filename>ü.jpg</filename>',
    ):
        assert element in text


@pytest.mark.parametrize(
    ('annotation', 'word'),
    [
        (VOCAnnotation('two\nlines', 64, 48), '<filename>'),
        (VOCAnnotation('a\x00.jpg', 64, 48), '<filename>'),
        (VOCAnnotation('a.jpg', float('inf'), 48), '<width>'),
        (
            VOCAnnotation(
                'a', 64, 48, 3, (VOCObject('Sad', (0, float('nan'), 1, 1)),)
            ),
            '<ymin>',
        ),
        *[
            (
                VOCAnnotation(
                    'a',
                    64,
                    48,
                    3,
                    (VOCObject('Sad', (0, 0, 1, 1), attributes={tag: '1'}),),
                ),
                repr(tag),
            )
            for tag in ('', 'hair colour', '1st', 'a>b', 'name', 'bndbox')
        ],
    ],
)
def test_what_a_file_cannot_hold_is_refused_before_writing(
    tmp_path, annotation, word
):
    path = tmp_path / 'a.xml'
    with pytest.raises(InputError) as error:
        write_voc_xml(path, annotation)
    assert str(path) in str(error.value)
    assert word in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path, monkeypatch
):
    path = write(tmp_path, FILE)

    def full_disk(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'replace', full_disk)
    with pytest.raises(OSError, match='No space'):
        write_voc_xml(path, VOCAnnotation('b.jpg', 2, 2))
    assert path.read_text(encoding='utf-8') == FILE
    assert list(tmp_path.iterdir()) == [path]


def test_a_seal_tells_whether_a_file_was_changed(tmp_path):
    path = tmp_path / 'a.xml'
    annotation = VOCAnnotation('a.jpg', 64, 48)
    write_voc_xml(path, annotation)
    assert not is_as_sealed(path)
    write_voc_xml(path, annotation, sealed=True)
    assert is_as_sealed(path)
    assert read_voc_xml(path) == annotation
    content = path.read_bytes()
    for changed in (content.replace(b'64', b'65'), content + b'\n', b''):
        path.write_bytes(changed)
        assert not is_as_sealed(path)


def test_the_file_has_the_ordinary_permissions(tmp_path):
    ordinary = write(tmp_path, FILE)
    written = tmp_path / 'b.xml'
    write_voc_xml(written, read_voc_xml(ordinary))
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (ordinary, written)]
    assert modes[0] == modes[1]
