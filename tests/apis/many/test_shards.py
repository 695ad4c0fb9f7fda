"""A shard's table: of files, tars, and tables that hold pictures."""

import io
import shutil
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer_yolo_mamba.apis.many.listing import write_listing
from fer_yolo_mamba.apis.many.shards import LISTING, TABLES, ShardDetector
from fer_yolo_mamba.apis.many.tables import done_shards, table_path
from fer_yolo_mamba.apis.weights import ready_weights
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import sha256_of


@pytest.fixture
def tables(tmp_path, options):
    """Rows of the tables of all shards of an input, without Ray."""

    def look(name, column=None):
        listing, folder = tmp_path / LISTING, tmp_path / TABLES
        shutil.rmtree(folder, ignore_errors=True)
        write_listing(listing, [str(name)], column, 7)
        sha256 = sha256_of(
            ready_weights().with_name('fer_yolo_mamba_n.safetensors')
        )
        worker = ShardDetector(tmp_path, column, options, sha256)
        shards = range(pq.read_metadata(listing).num_row_groups)
        done = worker(dict(item=shards))
        assert done_shards(folder) == {*shards}
        paths = [table_path(folder, shard) for shard in shards]
        rows = [
            row for path in paths for row in pq.read_table(path).to_pylist()
        ]
        return rows, done['pictures']

    return look


def test_a_folder_and_its_address_say_the_same(album, tables):
    rows, pictures = tables(album)
    assert pictures == [7, 6]
    assert [row['source'] for row in rows if row['error']] == [
        str(album / '05_broken.jpg')
    ]
    assert len(rows) == 13
    of_address, _ = tables(f'file://{album}')
    for row, other in zip(rows, of_address, strict=True):
        assert other['source'] == f'file://{row["source"]}'
        assert other['x1'] == row['x1'] and other['Happy'] == row['Happy']


def test_a_tar(portraits, tables, tmp_path):
    path = tmp_path / 'a.tar'
    with tarfile.open(path, 'w') as archive:
        for i, content in enumerate([*portraits[:2], b'none']):
            for suffix in ('jpg', 'json'):
                member = tarfile.TarInfo(f'{i}.{suffix}')
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    rows, pictures = tables(path)
    assert pictures == [3]
    assert [row['source'] for row in rows] == [
        f'{path}/{i}.jpg' for i in range(3)
    ]
    assert [row['error'] is None for row in rows] == [True, True, False]
    path.write_bytes(path.read_bytes()[:2000])
    rows, _ = tables(path)
    assert rows[-1]['source'] == str(path)
    assert 'a.tar cannot be read' in rows[-1]['error']


@pytest.mark.parametrize(
    ('damage', 'words'),
    [
        (lambda header: b'-' + header[1:], 'bad checksum'),
        (lambda header: header[:99], 'truncated header'),
        (lambda header: header, '1.jpg claims more bytes than are there'),
    ],
)
def test_no_picture_of_a_damaged_tar_is_lost_in_silence(
    damage, words, portraits, tables, tmp_path
):
    path = tmp_path / 'a.tar'
    with tarfile.open(path, 'w') as archive:
        member = tarfile.TarInfo('0.jpg')
        member.size = len(portraits[0])
        archive.addfile(member, io.BytesIO(portraits[0]))
        end = archive.offset
    member = tarfile.TarInfo('1.jpg')
    member.size = 2**60
    path.write_bytes(path.read_bytes()[:end] + damage(member.tobuf()))
    rows, _ = tables(path)
    assert [row['source'] for row in rows] == [f'{path}/0.jpg', str(path)]
    assert f'a.tar cannot be read ({words})' in rows[1]['error']


def test_a_picture_of_a_tar_has_its_limit(monkeypatch, tables, tmp_path):
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_PIXELS', '100')
    path = tmp_path / 'a.tar'
    with tarfile.open(path, 'w') as archive:
        member = tarfile.TarInfo('0.jpg')
        member.size = 601
        archive.addfile(member, io.BytesIO(b'0' * 601))
    ((row,), _) = tables(path)
    assert row['source'] == f'{path}/0.jpg'
    assert row['error'].startswith('0.jpg claims 601 bytes')


def test_rows_that_hold_pictures(portraits, tables, tmp_path):
    path = tmp_path / 'table.parquet'
    contents = [*portraits[:2], None, portraits[2]]
    pq.write_table(pa.table(dict(x=contents)), path, row_group_size=2)
    rows, pictures = tables(path, 'x')
    assert pictures == [2, 2]
    assert [row['source'] for row in rows] == [f'{path}#{i}' for i in range(4)]
    assert [row['error'] is None for row in rows] == [True, True, False, True]


def test_other_weights_under_the_same_name(options, tmp_path):
    with pytest.raises(InputError, match='install one version on all'):
        ShardDetector(tmp_path, None, options, 'another')
