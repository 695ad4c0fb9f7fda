"""Films in parts: the rows are those of a film that one process looks at."""

import shutil

import pyarrow.parquet as pq
import pytest
from coloured_persons import LENGTH, RATE, ColourNetwork, write_crossing

from fer_yolo_mamba.apis import FERDetector, detector
from fer_yolo_mamba.apis.many.films import link_film
from fer_yolo_mamba.apis.many.listing import count_shards, write_listing
from fer_yolo_mamba.apis.many.shards import (
    LISTING,
    PARTS,
    TABLES,
    ShardDetector,
)
from fer_yolo_mamba.apis.many.tables import table_path
from fer_yolo_mamba.apis.weights import ready_weights
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import sha256_of

pytest.importorskip('trackers')

_A_PART = 12  # frames, as far apart as key frames are


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """One that sees colours; with a listing of the films in `tmp_path`."""
    monkeypatch.setattr(
        detector, 'open_network', lambda *_, **__: ColourNetwork()
    )
    options = dict(batch_size=4, score_thr=0.75)
    return ShardDetector(tmp_path, None, options, sha256_of(ready_weights()))


def listed(folder, name=''):
    """Numbers of the shards of what is there."""
    write_listing(folder / LISTING, [f'{folder}/{name}'], None, _A_PART)
    return [*range(count_shards(folder / LISTING))]


def rows_of(folder, shards):
    return [
        row
        for shard in shards
        for row in pq.read_table(table_path(folder / TABLES, shard)).to_pylist()
    ]


@pytest.mark.parametrize('scheme', ['', 'file://'])
def test_frames_times_and_persons_are_those_of_the_whole(
    scheme, worker, tmp_path
):
    film = tmp_path / 'film.mp4'
    write_crossing(film)
    write_listing(tmp_path / LISTING, [f'{scheme}{film}'], None, _A_PART)
    shards = range(count_shards(tmp_path / LISTING))
    assert len(shards) > LENGTH / _A_PART
    # The last first; a part that was seen waits for the others.
    done = worker(dict(item=shards[:0:-1]))
    assert not (tmp_path / TABLES).exists()
    done = worker(dict(item=shards[:1]))['pictures'] + done['pictures']
    assert sum(done) == LENGTH and max(done) == _A_PART
    rows = rows_of(tmp_path, shards)
    whole = FERDetector(score_thr=0.75)(film, track=True)
    expected = [row for result in whole for row in result.rows()]
    assert {row['track'] for row in rows} >= {1, 2}
    # Those who are less sure than the least score are still followed.
    assert min(row['score'] for row in rows) < 0.75
    for row, other in zip(rows, expected, strict=True):
        other = {**other, 'source': f'{scheme}{film}', 'error': None}
        assert row == pytest.approx(other, abs=1e-6)
    assert not [*(tmp_path / PARTS).glob('*/*')]


def test_films_one_after_the_other_in_one_file(worker, tmp_path):
    film = tmp_path / 'film.ts'
    write_crossing(film)
    film.write_bytes(film.read_bytes() * 2)
    shards = listed(tmp_path)
    worker(dict(item=shards))
    times = [row['time'] for row in rows_of(tmp_path, shards)]
    whole = FERDetector(score_thr=0.75)(film, track=True)
    expected = [result.time for result in whole for _ in result.faces]
    assert times == pytest.approx(expected, abs=1e-6)
    assert times[-1] > 1.9 * LENGTH / RATE


def test_a_film_that_was_being_written_at_a_kill(worker, tmp_path):
    write_crossing(tmp_path / 'film.mp4')
    shards = listed(tmp_path)
    worker(dict(item=shards[:-1]))
    shutil.copytree(tmp_path / PARTS, tmp_path / 'seen')
    worker(dict(item=shards[-1:]))
    rows = rows_of(tmp_path, shards)
    for shard in shards[2:]:
        table_path(tmp_path / TABLES, shard).unlink()
    shutil.rmtree(tmp_path / PARTS)
    (tmp_path / 'seen').rename(tmp_path / PARTS)
    done = worker(dict(item=shards))
    assert sum(done['pictures'][:-1]) == 0
    assert rows_of(tmp_path, shards) == rows


def test_two_that_see_the_last_part_at_once(worker, tmp_path, monkeypatch):
    write_crossing(tmp_path / 'film.mp4')
    shards = listed(tmp_path)

    def by_two(*film):
        link_film(*film)
        link_film(*film)

    monkeypatch.setattr('fer_yolo_mamba.apis.many.shards.link_film', by_two)
    worker(dict(item=shards))
    rows = rows_of(tmp_path, shards)
    assert rows and not any(row['error'] for row in rows)


def test_a_damaged_part_is_one_sentence(worker, tmp_path):
    write_crossing(tmp_path / 'film.mp4')
    shards = listed(tmp_path)
    worker(dict(item=shards[1:]))
    part = table_path(tmp_path / PARTS, 1)
    part.write_bytes(part.read_bytes()[:99])
    with pytest.raises(InputError, match=f'{part} cannot be read.*remove it'):
        worker(dict(item=[0]))
    part.unlink()
    worker(dict(item=[0, 1]))
    assert rows_of(tmp_path, shards)


def test_what_is_no_film_is_one_row(worker, tmp_path):
    (tmp_path / 'film.mp4').write_bytes(b'text')
    worker(dict(item=listed(tmp_path)))
    (row,) = rows_of(tmp_path, [0])
    assert row['source'] == str(tmp_path / 'film.mp4')
    assert 'film.mp4 is no film that FFmpeg can read' in row['error']
