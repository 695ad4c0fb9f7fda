"""What is to be looked at, as a listing cut into shards."""

import os
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer_yolo_mamba.apis.many.listing import (
    Item,
    count_shards,
    read_listing,
    write_listing,
)
from fer_yolo_mamba.errors import InputError


@pytest.fixture
def listed(tmp_path):
    """The shards of inputs."""
    listing = tmp_path / 'listing.parquet'

    def shards(*inputs, column=None, size=5):
        listing.unlink(missing_ok=True)
        write_listing(listing, list(map(str, inputs)), column, size)
        return [read_listing(listing, x) for x in range(count_shards(listing))]

    return shards


def names(shards):
    return [[Path(item.path).name for item in shard] for shard in shards]


def test_a_folder_in_its_order(album, listed):
    shards = listed(album)
    assert [len(shard) for shard in shards] == [5, 5, 3]
    assert names(shards)[1] == [
        *('05.jpg', '05_broken.jpg', '06.jpg', '07.jpg', '08.jpg')
    ]
    assert names(shards)[2] == ['09.jpg', '10.jpg', '11.jpg']
    assert shards[2][2].path == str(album / 'below' / '11.jpg')


def test_paths_are_those_of_all_workers(album, listed, monkeypatch):
    monkeypatch.chdir(album)
    assert listed('0*.jpg') == listed(f'{album}/0*.jpg')


def test_an_address_is_walked_as_a_folder(album, listed):
    (album / 'a name #1.jpg').write_bytes(b'')
    of_folder, of_address = listed(album), listed(f'file://{album}')
    assert [
        [item.path.removeprefix('file://') for item in shard]
        for shard in of_address
    ] == [[quote(item.path) for item in shard] for shard in of_folder]


def test_names_need_not_be_text(listed, tmp_path):
    path = os.fsencode(tmp_path) + b'/\xff.jpg'
    with open(path, 'wb'):
        pass
    ((item,),) = listed(tmp_path)
    assert os.fsencode(item.path) == path


def test_a_tar_is_a_shard(album, listed):
    for name in ('a.tar', 'b.tar'):
        (album / name).write_bytes(b'')
    assert names(listed(album, size=100)) == [
        ['a.tar'],
        ['b.tar'],
        [f'{x:02}.jpg' for x in range(6)]
        + ['05_broken.jpg']
        + [f'{x:02}.jpg' for x in range(6, 12)],
    ]


@pytest.mark.parametrize('kind', [pa.string(), pa.large_string()])
def test_a_column_of_paths(kind, listed, tmp_path):
    cells = ['a.jpg', '/b.jpg', 's3://bucket/c.jpg', None]
    table = tmp_path / 'table.parquet'
    pq.write_table(pa.table(dict(x=pa.array(cells, kind))), table)
    expected = [str(tmp_path / 'a.jpg'), '/b.jpg', 's3://bucket/c.jpg', '']
    assert [[x.path for x in s] for s in listed(table, column='x')] == [
        expected
    ]
    of_address = listed(f'file://{table}', column='x')[0]
    assert of_address[0].path == f'file://{tmp_path}/a.jpg'


def test_a_csv_of_paths(listed, tmp_path):
    table = tmp_path / 'table.csv'
    table.write_text('file,name\na.jpg,A\nb.jpg,B\n')
    assert listed(table, column='file') == [
        [Item(str(tmp_path / 'a.jpg')), Item(str(tmp_path / 'b.jpg'))]
    ]


def test_rows_that_hold_pictures_are_shards_as_they_are_grouped(
    listed, tmp_path
):
    table = tmp_path / 'table.parquet'
    pq.write_table(
        pa.table(dict(x=[b'a', b'b', b'c'])), table, row_group_size=2
    )
    assert listed(tmp_path, column='x') == [
        [Item(str(table), 0)],
        [Item(str(table), 1)],
    ]


@pytest.mark.parametrize('kept', [slice(0), slice(99), slice(-99, None)])
def test_a_damaged_listing_is_one_sentence(kept, album, listed, tmp_path):
    listed(album)
    path = tmp_path / 'listing.parquet'
    path.write_bytes(path.read_bytes()[kept])
    for read in (count_shards, lambda listing: read_listing(listing, 0)):
        with pytest.raises(InputError, match=r'listing\.parquet .* --out\.$'):
            read(path)


@pytest.mark.parametrize(
    ('name', 'column', 'words'),
    [
        ('none.jpg', None, 'none.jpg does not exist'),
        ('none/*.jpg', None, 'no file matches none/'),
        ('file:///none/album', None, 'nothing at file:///none/album'),
        ('what://none/album', None, 'what://none/album cannot be read'),
        ('empty', None, 'empty has no picture'),
        ('empty', 'x', 'empty has no row'),
        ('nobody.parquet', 'x', r'nobody\.parquet has no row'),
        ('table.parquet', None, 'is a table: name its column'),
        ('table.parquet', 'y', 'has the columns x, n: name one'),
        ('table.parquet', 'n', 'column n of .* holds int64'),
        ('table.csv', 'y', 'lacks y'),
        ('text.parquet', 'x', r'text.parquet cannot be read \('),
        ('latin.parquet', 'x', r"latin.parquet cannot be read \('utf-8' codec"),
        ('a.jpg', 'x', 'a.jpg is no table for --column'),
    ],
)
def test_what_is_nothing_to_look_at_is_one_sentence(
    name, column, words, listed, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path('empty').mkdir()
    pq.write_table(pa.table(dict(x=['a'], n=[1])), 'table.parquet')
    nobody = pa.Table.from_pylist([], pa.schema([('x', pa.binary())]))
    pq.write_table(nobody, 'nobody.parquet')
    Path('text.parquet').write_text('text')
    latin = pa.array([b'\xfc.jpg']).view(pa.string())
    pq.write_table(pa.table(dict(x=latin)), 'latin.parquet')
    Path('table.csv').write_text('x\na.jpg\n')
    Path('a.jpg').write_bytes(b'')
    with pytest.raises(InputError, match=words):
        listed(name, column=column)
    assert not (tmp_path / 'listing.parquet').exists()
