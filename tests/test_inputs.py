"""Text from outside: bounded, and every fault one sentence."""

import os
import socket

import pytest

from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.inputs import (
    MOST_YAML,
    parse_json,
    read_bounded,
    read_lines,
    read_table,
    read_text,
    shown,
    whole_number,
)

FACTOR = 'FER_YOLO_MAMBA_LARGER_FILES'


def write(folder, content):
    path = folder / 'list.txt'
    path.write_bytes(content)
    return path


def test_text_comes_with_or_without_a_byte_order_mark(tmp_path):
    for mark in (b'', b'\xef\xbb\xbf'):
        path = write(tmp_path, mark + 'Füße\r\nb'.encode())
        assert read_text(path, '').split() == ['Füße', 'b']
        assert list(read_lines(path, '')) == ['Füße\n', 'b']


def folder(path):
    path.mkdir()


def endless_device(path):
    path.symlink_to('/dev/zero')


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(path))


def endless_file_of_no_size(path):
    path.symlink_to('/proc/self/status')


def huge(path):
    with open(path, 'wb') as file:
        file.truncate(2**40)


@pytest.mark.parametrize(
    ('make', 'words'),
    [
        (lambda path: None, 'No such file'),
        (folder, 'a folder, device, pipe'),
        (os.mkfifo, 'a folder, device, pipe'),
        (endless_device, 'a folder, device, pipe'),
        (unix_socket, 'a folder, device, pipe or socket'),
        (endless_file_of_no_size, 'longer than it says'),
        (huge, rf'larger than 64 MiB, a limit that {FACTOR}=2'),
        (lambda path: path.write_bytes(b'\xff\xfea\0'), 'not UTF-8 text'),
    ],
)
def test_what_is_no_text_is_one_sentence_with_the_remedy(
    tmp_path, monkeypatch, make, words
):
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    path = tmp_path / 'list'
    make(path.relative_to(tmp_path))
    with pytest.raises(
        InputError, match=f'list: cannot be read .*{words}.*; x'
    ):
        read_text(path, 'x')


def test_lines_are_read_of_no_pipe_and_end(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(InputError, match='pipe: cannot be read'):
        next(read_lines(tmp_path / 'pipe', ''))
    with pytest.raises(InputError, match='endless line'):
        list(read_lines(write(tmp_path, b'a' * 2**20), ''))


def test_the_limits_are_a_setting(tmp_path, monkeypatch):
    path = write(tmp_path, b'a' * (MOST_YAML + 1))
    with pytest.raises(OSError, match=r'larger than 0\.125 MiB'):
        read_bounded(path, MOST_YAML)
    monkeypatch.setenv(FACTOR, '2')
    assert len(read_bounded(path, MOST_YAML)) == MOST_YAML + 1
    for factor in ('0', '-1', 'much', '1.5', '9' * 5000):
        monkeypatch.setenv(FACTOR, factor)
        with pytest.raises(InputError, match=f'{FACTOR} is'):
            read_bounded(path, MOST_YAML)


def test_a_table_is_read_by_its_header(tmp_path):
    path = write(tmp_path, b'\xef\xbb\xbfb,a,c\n1,"2,\n3",4,5\n6\n')
    first, second = read_table(path, ('a', 'b'), '')
    assert (first['a'], first['b']) == ('2,\n3', '1')
    assert (second['a'], second['b'], second['c']) == ('', '6', '')


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (b'', r'has the columns \(none\) and lacks a, b'),
        (b'a,c\n1,2\n', 'has the columns a, c and lacks b'),
        pytest.param(b'a,b\n"' + b'a\n' * 10**5, 'is no CSV', id='quote'),
        (b'a,b\n\xff,1\n', 'not UTF-8'),
    ],
)
def test_what_is_no_such_table_is_one_sentence(tmp_path, content, words):
    with pytest.raises(InputError, match=rf'list\.txt: .*{words}.*; mend it'):
        list(read_table(write(tmp_path, content), ('a', 'b'), 'mend it'))


def test_what_is_no_json_is_a_value_error():
    many = f'[{"1," * 9 * 10**6}1]'
    for text in ('', '{', '[' * 10**5, '{"a":' * 10**5, '{}' * 4 * 10**6, many):
        with pytest.raises(ValueError, match=r'Expect|nested|000000 parts'):
            parse_json(text)


def test_the_limits_of_a_json_text_are_a_setting(monkeypatch):
    for limit, text in (('CONTAINERS', '[{}]'), ('COMMAS', '[1,1,1]')):
        monkeypatch.setattr(f'fer_yolo_mamba.inputs._MOST_{limit}', 1)
        monkeypatch.setenv(FACTOR, '1')
        with pytest.raises(ValueError, match=f'1 parts, a limit .*{FACTOR}=2'):
            parse_json(text)
        monkeypatch.setenv(FACTOR, '2')
        assert parse_json(text)


def test_numbers_beyond_all_measure_are_floats():
    assert parse_json('[7, -7, 1.5]') == [7, -7, 1.5]
    text = '1' + '0' * 400
    assert parse_json(f'[{text}, -{text}]') == [float('inf'), -float('inf')]
    assert parse_json('1' * 5000) == float('inf')


def test_whole_numbers():
    assert whole_number('7') == whole_number('007') == 7
    for text in ('', '-1', '1.0', 'seven', '9' * 5000):
        assert whole_number(text) is None


def test_long_lists_are_cut_short():
    assert shown(['a', 'b']) == 'a, b'
    assert shown('abc', most=2) == 'a, b, …'
    assert len(shown(['a' * 10**6])) == 100
    assert shown(['a\nb']) == "'a\\nb'"
