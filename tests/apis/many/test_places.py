"""Names in an object store: listed, read ahead, and without their secrets."""

import pytest
from pyarrow import fs

from fer_yolo_mamba.apis.many import places
from fer_yolo_mamba.apis.many.places import (
    open_place,
    read_places,
    walk_address,
    without_query,
)
from fer_yolo_mamba.errors import InputError


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """The folder that is the bucket of a store; its options are asked for."""
    store = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())

    def root(uri):
        assert uri == 's3://bucket/?region=here&secret_key=1'
        return store, ''

    monkeypatch.setattr(places, '_root', root)
    return tmp_path


def address(name):
    return f's3://bucket/{name}?region=here&secret_key=1'


def test_a_folder_of_a_store(bucket):
    (bucket / 'album' / 'below #1').mkdir(parents=True)
    for name in ('b.JPG', 'a.png', 'below #1/c.jpg', 'notes.txt', '.d.jpg'):
        (bucket / 'album' / name).write_bytes(name.encode())
    found = list(walk_address(address('album/'), ('.jpg', '.png')))
    assert found == [
        address('album/a.png'),
        address('album/b.JPG'),
        address('album/below%20%231/c.jpg'),
    ]
    assert [content for _, content in read_places(found)] == [
        *(b'a.png', b'b.JPG', b'below #1/c.jpg')
    ]


def test_many_are_read_ahead_in_their_order(bucket):
    for number in range(40):
        (bucket / f'{number}').write_bytes(b'%d' % number)
    (bucket / '7').unlink()
    names = [address(number) for number in range(40)]
    found = list(read_places([*names, '/a/path.jpg']))
    assert found.pop() == ('/a/path.jpg', '/a/path.jpg')
    for number, (name, content) in enumerate(found):
        assert name == f's3://bucket/{number}'
        if number == 7:
            assert isinstance(content, InputError)
            assert str(content).startswith(f'{name} cannot be read (')
        else:
            assert content == b'%d' % number


def test_what_is_too_large_is_not_read_to_its_end(bucket, monkeypatch):
    monkeypatch.setattr(places, 'most_bytes', lambda: 3)
    for name in ('1234', '123'):
        (bucket / name).write_bytes(name.encode())
    names = [address('1234'), address('123')]
    (_, fault), (_, content) = read_places(names)
    assert str(fault).startswith('s3://bucket/1234 has more than 3 bytes: put')
    assert content == b'123'


def test_an_open_file_may_be_searched(bucket):
    (bucket / 'a').write_bytes(b'0123456789')
    with open_place(address('a')) as file:
        file.seek(6)
        assert file.read(2) == b'67'


def test_a_path_has_no_query():
    assert without_query('/album/why?.jpg') == '/album/why?.jpg'
