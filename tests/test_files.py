"""Files are whole or the old ones; JSON and CSV are what every reader takes."""

import errno
import hashlib
import json
import os
import secrets
import tempfile
import time

import numpy as np
import pytest
import torch

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import (
    csv_text,
    declare_input,
    inputs_kept,
    is_input,
    json_text,
    refuse_unwritable,
    remove_left_over,
    sha256_of,
    staged,
    write_atomically,
    write_json,
)


@pytest.mark.parametrize('content', ['Überraschung\n', b'\x89PNG\r\n'])
def test_writes_text_and_bytes_into_a_new_folder(tmp_path, content):
    path = tmp_path / 'new' / 'folder' / 'file'
    write_atomically(path, content)
    written = path.read_bytes()
    assert written == (
        content if isinstance(content, bytes) else content.encode()
    )


@pytest.mark.parametrize(
    ('step', 'durable'), [('replace', False), ('fsync', True)]
)
def test_a_write_that_fails_leaves_the_old_file_alone(
    tmp_path, monkeypatch, step, durable
):
    path = tmp_path / 'metrics.json'
    write_atomically(path, 'old')

    def fail(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match='No space left') as caught:
        write_atomically(path, 'new', durable)
    assert caught.value.filename == str(path)
    assert path.read_text() == 'old'
    assert os.listdir(tmp_path) == ['metrics.json']


def test_what_killed_processes_left_is_removed_once_it_is_old(tmp_path):
    path = tmp_path / 'metrics.json'
    left = []
    for age in (0, 100_000):
        with pytest.raises(KeyError), staged(path) as temporary:
            raise KeyError
        temporary.mkdir()
        (temporary / 'half').touch()
        os.utime(temporary, (time.time() - age,) * 2)
        left.append(temporary)
    (tmp_path / '.hidden').touch()
    remove_left_over(tmp_path)
    assert [place.exists() for place in left] == [True, False]
    remove_left_over(tmp_path, idle=0)
    assert os.listdir(tmp_path) == ['.hidden']


def test_what_can_be_written_is_let_pass_and_not_touched(tmp_path):
    new, old = tmp_path / 'new' / 'faces.csv', tmp_path / 'faces.csv'
    write_atomically(old, 'old')
    for path in (new, old):
        refuse_unwritable(path)
    assert os.listdir(new.parent) == []
    assert old.read_text() == 'old'


@pytest.mark.parametrize(
    ('name', 'told'), [('', ''), ('file/faces.csv', 'file')]
)
def test_what_cannot_be_written_is_told_before(name, told, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(OSError, match=r'directory|exists') as caught:
        refuse_unwritable(tmp_path / name)
    assert caught.value.filename == str(tmp_path / told)


def test_a_folder_without_rights_is_told_before(tmp_path, monkeypatch):
    def refuse(dir):
        raise PermissionError(13, 'Permission denied', f'{dir}/tmp3f')

    monkeypatch.setattr(tempfile, 'TemporaryFile', refuse)
    with pytest.raises(PermissionError) as caught:
        refuse_unwritable(tmp_path / 'faces.csv')
    assert caught.value.filename == str(tmp_path / 'faces.csv')


def test_a_link_is_replaced_and_not_followed(tmp_path):
    precious, path = tmp_path / 'precious', tmp_path / 'metrics.json'
    precious.write_text('old')
    path.symlink_to(precious)
    write_atomically(path, 'new')
    assert precious.read_text() == 'old'
    assert path.read_text() == 'new'


def test_a_link_of_the_temporary_name_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(secrets, 'token_hex', lambda _: 'guessed')
    precious = tmp_path / 'precious'
    precious.write_text('old')
    (tmp_path / '.guessed.part').symlink_to(precious)
    with pytest.raises(FileExistsError):
        write_atomically(tmp_path / 'metrics.json', 'new')
    assert precious.read_text() == 'old'


def test_two_that_write_one_file_never_mix(tmp_path):
    path = tmp_path / 'metrics.json'
    with staged(path) as one, staged(path) as other:
        one.write_text('one')
        other.write_text('other')
    assert path.read_text() == 'one'  # which was the last to be finished
    assert os.listdir(tmp_path) == ['metrics.json']


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / 'photographs' / 'me.jpg'
    write_atomically(path, 'a photograph')
    (tmp_path / 'elsewhere').symlink_to(path.parent)
    (tmp_path / 'me_too.jpg').symlink_to(path)
    return path


@pytest.mark.parametrize('declared', ['photographs', 'photographs/me.jpg'])
@pytest.mark.parametrize(
    'written', ['photographs/me.jpg', 'elsewhere/me.jpg', 'me_too.jpg']
)
def test_an_input_is_not_written_over(
    declared, written, photograph, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with inputs_kept():
        declare_input(declared)
        with pytest.raises(InputError, match=f'{written} is an input'):
            write_atomically(written, 'faces')
    assert photograph.read_text() == 'a photograph'


def test_a_link_among_the_inputs_is_not_replaced(photograph, tmp_path):
    link = tmp_path / 'set' / 'me.jpg'
    link.parent.mkdir()
    link.symlink_to(photograph)
    with inputs_kept():
        declare_input(link.parent)
        assert is_input(link)
        assert not is_input(photograph)


def test_beside_the_inputs_is_room(photograph):
    with inputs_kept():
        declare_input(photograph.parent)
        write_atomically(photograph.with_name('other.jpg'), 'faces')
    # A program of one's own may do as it likes.
    write_atomically(photograph, 'faces')


def test_what_was_declared_around_stays_an_input(photograph, tmp_path):
    other = tmp_path / 'other.jpg'
    other.touch()
    with inputs_kept():
        declare_input(photograph)
        with inputs_kept():
            declare_input(other)
            assert is_input(photograph) and is_input(other)
        assert is_input(photograph) and not is_input(other)


def test_the_file_is_as_readable_as_any_other(tmp_path):
    write_atomically(tmp_path / 'ours', '')
    (tmp_path / 'plain').write_text('')
    modes = [(tmp_path / name).stat().st_mode for name in ('ours', 'plain')]
    assert modes[0] == modes[1]


def test_the_digest_of_files_is_that_of_all_they_hold(tmp_path):
    first, second = tmp_path / 'first', tmp_path / 'second'
    first.write_bytes(b'a' * (2**20 + 1))
    second.write_bytes(b'b')
    whole = hashlib.sha256(first.read_bytes() + b'b').hexdigest()
    assert sha256_of(first, second) == whole


def test_what_is_no_number_is_null():
    text = json_text({'AP': [float('nan'), 0.5, float('-inf')]})
    found = json.loads(text, parse_constant=pytest.fail)
    assert found == {'AP': [None, 0.5, None]}


def test_numbers_of_libraries():
    value = {'a': np.float32(np.nan), 'b': np.int64(3), 'c': torch.tensor(0.5)}
    assert json.loads(json_text(value)) == {'a': None, 'b': 3, 'c': 0.5}


def test_cells_of_csv_are_quoted_where_they_must_be():
    rows = [('name', 'figure'), ('a, "b"', 0.5), ('c', None)]
    assert csv_text(rows) == 'name,figure\n"a, ""b""",0.5\nc,\n'


def test_text_that_utf_8_cannot_hold_is_written_with_escapes(tmp_path):
    write_atomically(tmp_path / 'a.md', 'ü \udcff.jpg')
    assert (tmp_path / 'a.md').read_text() == 'ü \\udcff.jpg'


@pytest.mark.parametrize('name', ['ü.jpg', os.fsdecode(b'\xff.jpg')])
def test_json_holds_every_file_name(name, tmp_path):
    write_json(tmp_path / 'a.json', {'image': name})
    text = (tmp_path / 'a.json').read_text(encoding='utf-8')
    assert json.loads(text) == {'image': name}
    assert ('ü' in text) == ('ü' in name)
