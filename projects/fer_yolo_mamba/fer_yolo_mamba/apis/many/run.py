"""Faces of millions of pictures: the shards of a listing, done by Ray Data.

Only it and cluster.py know Ray. What it moves are numbers of shards: a worker
reads the pictures of its shard and writes their table itself, so the memory of
the driver does not grow, and a shard that is done twice is written once.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from ...errors import InputError
from ...files import sha256_of
from ..weights import find_weights
from .cluster import Workers, join_cluster, machines, room
from .listing import count_shards, write_listing
from .manifest import agree_on_manifest
from .shards import ATTEMPTS, LISTING, PARTS, TABLES, ShardDetector
from .tables import count_rows, done_shards, table_path

_THIS_MACHINE = Workers()
_FAULT = 'fault'


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
    workers: Workers = _THIS_MACHINE,
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
    out = out.absolute()
    listing, tables = out / LISTING, out / TABLES
    is_begun = listing.exists() or tables.exists()
    agree_on_manifest(out, inputs, known, decisive, version, is_begun)
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
        InputError: There is no such cluster, no worker fits there and their
            number is not given, or one has raised it.
    """
    import ray

    with join_cluster(workers.address):
        count = workers.count or room(machines(), workers)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        data = ray.data.from_items(
            [dict(item=item) for item in items],
            override_num_blocks=len(items),
        ).map_batches(
            _Worker,
            batch_size=1,
            fn_constructor_args=(worker, *arguments),
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
        for row in data.iter_rows():
            if _FAULT in row:
                raise InputError(row[_FAULT])
            yield row


class _Worker:
    """Makes a fault of the input a row: Ray would tell pages of an exception.

    Args:
        worker: See :func:`map_items`.
        arguments: Likewise.
    """

    def __init__(self, worker: type, *arguments: object) -> None:
        self._make = cache(partial(worker, *arguments))

    def __call__(self, batch: Mapping[str, Sequence[int]]) -> Mapping:
        try:
            return self._make()(batch)
        except InputError as error:
            return {_FAULT: [str(error)]}
