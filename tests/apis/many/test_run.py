"""Ray does the shards: nothing is lost, nothing doubled, nothing done twice."""

import os
import signal
from collections import Counter

import pyarrow.dataset
import pytest

from fer_yolo_mamba.apis import FERDetector
from fer_yolo_mamba.apis.many.cluster import Workers
from fer_yolo_mamba.apis.many.listing import write_listing
from fer_yolo_mamba.apis.many.run import (
    LISTING,
    TABLES,
    map_items,
    predict_many,
)
from fer_yolo_mamba.apis.many.shards import ShardDetector
from fer_yolo_mamba.apis.weights import find_weights
from fer_yolo_mamba.errors import InputError
from fer_yolo_mamba.files import sha256_of

_MEMORY = 100 * 2**20


@pytest.fixture(scope='module')
def cluster():
    """Two machines of one CPU each, on this one; the second may be killed."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv('RAY_USAGE_STATS_ENABLED', '0')
        cluster = Cluster(
            initialize_head=True,
            head_node_args=dict(num_cpus=1, object_store_memory=_MEMORY),
        )
        yield cluster
        cluster.shutdown()


@pytest.fixture
def predict(cluster, album, options, tmp_path):
    """Looks at the album in shards of two; totals, and each source's rows."""

    def call(progress=lambda done, total: None, **others):
        totals = predict_many(
            [str(album)],
            tmp_path / 'out',
            {**options, **others},
            shard_size=2,
            workers=Workers(cluster.address),
            progress=progress,
        )
        rows = pyarrow.dataset.dataset(tmp_path / 'out/faces').to_table()
        return totals, rows.to_pylist()

    return call


@pytest.fixture
def expected(album, options):
    """How many rows each picture has when one process looks at all."""
    faults = []
    detector = FERDetector(options['weights'], 'cpu')
    counts = Counter()
    for result in detector(album, on_error=faults.append):
        counts[result.source] += len(result)
    assert len(faults) == 1
    counts[str(album / '05_broken.jpg')] += 1
    return counts


def test_the_same_call_goes_on(predict, expected, tmp_path):
    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(stop)
    tables = [*(tmp_path / 'out/faces').glob('*/*.parquet')]
    assert 3 <= len(tables) < 7
    written = {path: path.stat().st_mtime_ns for path in tables}
    totals, rows = predict()
    assert Counter(row['source'] for row in rows) == expected
    assert (totals.shards, totals.faces, totals.errors) == (7, 12, 1)
    assert totals.pictures == 13 - 2 * len(tables)
    assert all(path.stat().st_mtime_ns == x for path, x in written.items())
    assert predict()[0].pictures == 0
    with pytest.raises(InputError, match='holds faces of other options'):
        predict(score_thr=0.1)


def test_a_machine_dies_in_the_middle(cluster, predict, expected):
    dying = cluster.add_node(num_cpus=1, object_store_memory=_MEMORY)

    def kill(done, total):
        if done == 2:
            cluster.remove_node(dying, allow_graceful=False)

    totals, rows = predict(kill)
    assert Counter(row['source'] for row in rows) == expected
    assert (totals.faces, totals.errors) == (12, 1)


def test_a_picture_that_kills_is_one_row(cluster, album, options, tmp_path):
    class Deadly(ShardDetector):
        """Its process dies of the fourth picture."""

        def __init__(self, *arguments):
            super().__init__(*arguments)
            faces = self._detector.faces

            def deadly(pictures):
                for name, picture in pictures:
                    if str(picture).endswith('03.jpg'):
                        os.kill(os.getpid(), signal.SIGKILL)
                    yield name, picture

            self._detector.faces = lambda pictures: faces(deadly(pictures))

    write_listing(tmp_path / LISTING, [str(album)], None, 7)
    sha256 = sha256_of(find_weights(options['weights']))
    arguments = (tmp_path, None, options, sha256)
    done = [*map_items(Deadly, arguments, [0, 1], Workers(cluster.address))]
    assert sum(row['pictures'] for row in done) == 13
    rows = pyarrow.dataset.dataset(tmp_path / TABLES).to_table().to_pylist()
    assert len({row['source'] for row in rows}) == len(rows) == 13
    deadly, broken = (row for row in rows if row['error'])
    assert deadly['source'] == str(album / '03.jpg')
    assert 'has killed each process that looked at it' in deadly['error']
    assert broken['source'] == str(album / '05_broken.jpg')


def test_a_fault_that_a_worker_finds_ends_the_call(cluster):
    class Faulty:
        def __init__(self, weights):
            raise InputError(f'{weights} is damaged: copy it again.')

    done = map_items(Faulty, ('n.onnx',), [0, 1], Workers(cluster.address))
    with pytest.raises(InputError, match=r'^n\.onnx is damaged: copy it again'):
        next(done)


def test_a_mistyped_input_leaves_the_folder_usable(
    predict, album, options, tmp_path
):
    with pytest.raises(InputError, match='albun does not exist'):
        predict_many([str(album.with_name('albun'))], tmp_path / 'out', options)
    for name in sorted(album.rglob('*.jpg'))[2:]:
        name.unlink()
    assert predict()[0].faces == 2
    (tmp_path / 'out' / LISTING).unlink()
    with pytest.raises(InputError, match='holds faces of other options'):
        predict(score_thr=0.1)


def test_no_worker_fits(cluster, album, options, tmp_path):
    with pytest.raises(InputError, match='no machine: they have at most'):
        predict_many(
            [str(album)],
            tmp_path,
            options,
            workers=Workers(cluster.address, cpus=64),
        )
