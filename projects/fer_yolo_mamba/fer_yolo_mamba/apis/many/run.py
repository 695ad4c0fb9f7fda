"""Faces of millions of pictures: the shards of a listing, done by Ray Data.

The one file that knows Ray. What it moves are numbers of shards: a worker
reads the pictures of its shard and writes their table itself, so the memory of
the driver does not grow, and a shard that is done twice is written once.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError
from ...files import sha256_of
from ..weights import find_weights
from .listing import count_shards, write_listing
from .manifest import agree_on_manifest
from .shards import ATTEMPTS, LISTING, PARTS, TABLES, ShardDetector
from .tables import count_rows, done_shards, table_path

# Of Ray's shared memory on one machine, through which only numbers pass.
_SHARED_MEMORY = 100 * 2**20


@dataclass(frozen=True)
class Workers:
    """Who works.

    Attributes:
        address: Of a Ray cluster, or ``auto`` for that of this machine; by
            default a Ray of its own is started on this machine.
        count: Number of workers; by default as many as there is room for.
        cpus: Of each; also its threads.
        gpus: Of each, which may be a fraction.
    """

    address: str | None = None
    count: int | None = None
    cpus: float = 1
    gpus: float = 0


@dataclass
class Totals:
    """What a folder of tables holds.

    Attributes:
        shards: Number of its tables.
        faces: Rows with a face.
        errors: Rows with what could not be read.
        pictures: Those looked at in this call alone.
        seconds: That its workers worked on these, added up.
    """

    shards: int
    faces: int = 0
    errors: int = 0
    pictures: int = 0
    seconds: float = 0.0


def predict_many(
    inputs: Sequence[str],
    out: Path,
    options: Mapping,
    column: str | None = None,
    shard_size: int = 256,
    workers: Workers = Workers(),
    progress: Callable[[int, int], None] = lambda done, total: None,
    version: str = '',
) -> Totals:
    """Looks at all pictures; called again, at those that are missing.

    >>> predict_many(['album/'], Path('album_faces'), dict(batch_size=8))

    Args:
        inputs: See :func:`~.listing.write_listing`, also for what follows.
        out: Folder that all machines of a cluster see. Written there are
            ``faces/``, Parquet files as :func:`~..batch.faces_schema` says,
            and ``manifest.json``.
        options: Of the :class:`~..batch.BatchDetector`.
        column: Of tables that are looked through.
        shard_size: Pictures a shard.
        workers: Who works.
        progress: Told of the shards that are done, and of all.
        version: Of this package, for the manifest.

    Raises:
        InputError: An input leads nowhere, the folder holds faces of others
            or with other options, or there is no such cluster.
    """
    weights = find_weights(options.get('weights'))
    decisive = {**options, 'column': column, 'shard_size': shard_size}
    decisive.pop('weights', None)
    known = dict(name=weights.name, sha256=sha256_of(weights))
    agree_on_manifest(out, inputs, known, decisive, version)
    out = out.absolute()
    listing, tables = out / LISTING, out / TABLES
    if not listing.exists():
        write_listing(listing, inputs, column, shard_size)
    totals = Totals(count_shards(listing))
    done = done_shards(tables)
    missing = sorted({*range(totals.shards)} - done)
    if missing:
        # A call that was killed says nothing of its pictures.
        shutil.rmtree(out / ATTEMPTS, ignore_errors=True)
        arguments = (out, column, options, known['sha256'])
        for count, row in enumerate(
            map_items(ShardDetector, arguments, missing, workers), len(done) + 1
        ):
            totals.pictures += row['pictures']
            totals.seconds += row['seconds']
            progress(count, totals.shards)
    for name in (ATTEMPTS, PARTS):
        shutil.rmtree(out / name, ignore_errors=True)
    for shard in range(totals.shards):
        faces, errors = count_rows(table_path(tables, shard))
        totals.faces += faces
        totals.errors += errors
    return totals


def map_items(
    worker: type, arguments: tuple, items: Sequence[int], workers: Workers
) -> Iterator[dict]:
    """What workers say of items, as they are done.

    Args:
        worker: A class whose objects are called with batches of one item, in
            the column ``item``.
        arguments: Of the class.
        items: Numbers.
        workers: Who works.

    Raises:
        InputError: There is no such cluster, or no worker fits there.
    """
    import ray

    with join_cluster(workers.address):
        count = workers.count or room(ray.cluster_resources(), workers)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        data = ray.data.from_items(
            [dict(item=item) for item in items],
            override_num_blocks=len(items),
        ).map_batches(
            worker,
            batch_size=1,
            fn_constructor_args=arguments,
            # One waits beside the one in work.
            compute=ray.data.ActorPoolStrategy(
                min_size=1,
                max_size=min(count, len(items)),
                initial_size=min(count, len(items)),
                max_tasks_in_flight_per_actor=2,
            ),
            num_cpus=workers.cpus,
            num_gpus=workers.gpus,
        )
        yield from data.iter_rows()


@contextmanager
def join_cluster(address: str | None) -> Iterator[None]:
    """Joins a cluster, or starts a Ray on this machine; leaves it at the end.

    A Ray that a caller has started already is used and left alone.

    Raises:
        InputError: There is no such cluster.
    """
    os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
    if address is None:
        # Its C++ parts tell of each reconnection otherwise.
        os.environ.setdefault('RAY_BACKEND_LOG_LEVEL', 'fatal')
    import ray

    if ray.is_initialized():
        yield
        return
    # What it warns of are its own settings.
    for name in ('ray', 'ray.data'):
        logging.getLogger(name).setLevel(logging.ERROR)
    local = dict(
        address='local',
        include_dashboard=False,
        object_store_memory=_SHARED_MEMORY,
    )
    try:
        ray.init(
            **(dict(address=address) if address else local),
            logging_level=logging.ERROR,
            log_to_driver=False,
        )
    except (ConnectionError, ValueError) as error:
        raise InputError(
            f'no Ray cluster answers at {address} ({error}): start one with '
            '"ray start --head", or leave --address out.'
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def room(resources: Mapping[str, float], workers: Workers) -> int:
    """How many workers a cluster has room for.

    Raises:
        InputError: Not one fits.
    """
    rooms = [
        resources.get(name, 0) // each
        for name, each in (('CPU', workers.cpus), ('GPU', workers.gpus))
        if each
    ]
    count = int(min(rooms))
    if not count:
        raise InputError(
            f'a worker of {workers.cpus:g} CPUs and {workers.gpus:g} GPUs '
            f'fits on no machine: there are {resources.get("CPU", 0):g} CPUs '
            f'and {resources.get("GPU", 0):g} GPUs.'
        )
    return count
