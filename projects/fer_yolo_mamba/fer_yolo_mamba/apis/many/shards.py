"""A shard, from the listing to its table of faces."""

import itertools
import os
import platform
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from ...datasets.images import most_bytes
from ...errors import InputError
from ...files import sha256_of
from ..batch import BatchDetector
from ..sources import SUFFIXES, One
from .attempts import Attempts
from .films import link_film, look_at_part, write_part
from .listing import Item, read_listing
from .places import open_place, read_places, without_query
from .tables import table_path, write_table

#: In the folder of a call: the listing, the tables of faces, what was seen in
#: parts of films that are not whole yet, and journals of shards in work.
LISTING, TABLES = 'listing.parquet', 'faces'
PARTS, ATTEMPTS = 'parts', 'attempts'

# Rows of a table of pictures that are in memory at once.
_ROWS = 16


class ShardDetector:
    """Looks at shards; what Ray makes an actor of.

    Args:
        out: Folder of the call, with its listing.
        column: Of tables that hold pictures.
        options: Of the :class:`~..batch.BatchDetector`.
        sha256: Digest of the weights file.

    Raises:
        InputError: This machine has other weights under that name.
    """

    def __init__(
        self, out: Path, column: str | None, options: Mapping, sha256: str
    ) -> None:
        self._out, self._column = out, column
        self._detector = BatchDetector(**options)
        weights = self._detector.detector.weights
        if sha256_of(weights) != sha256:
            raise InputError(
                f'{weights} on {platform.node()} is not what it is where the '
                'command was given: install one version on all machines.'
            )

    def __call__(self, batch: Mapping[str, Sequence[int]]) -> dict[str, list]:
        """Writes the table of each shard, whole or not at all.

        Those of a film are written by whoever sees the last of its parts.

        Args:
            batch: Numbers of shards, in the column ``item``.

        Returns:
            For each shard the number of its pictures or frames, and how many
            seconds it took.
        """
        counts, seconds = [], []
        for shard in map(int, batch['item']):
            started = time.perf_counter()
            counts.append(self._look(shard))
            seconds.append(time.perf_counter() - started)
        return dict(pictures=counts, seconds=seconds)

    def _look(self, shard: int) -> int:
        table = table_path(self._out / TABLES, shard)
        if table.exists():  # by a machine that was lost thereafter
            return 0
        items = read_listing(self._out / LISTING, shard)
        with Attempts(self._out / ATTEMPTS / f'{shard:09}') as attempts:
            if items[0].part:
                return self._look_at_film(shard, items[0], attempts)
            # It ends before the tally counts a picture that is not there.
            tally = itertools.count()
            pictures = (
                picture
                for picture, _ in zip(self._open(items), tally, strict=False)
            )
            if attempts.is_first:
                faces = self._detector.faces(pictures)
            else:
                faces = self._look_one_by_one(pictures, attempts)
            write_table(faces, table)
            return next(tally)

    def _look_one_by_one(
        self,
        pictures: Iterator[tuple[str, One | InputError]],
        attempts: Attempts,
    ) -> pa.Table:
        tables = [self._detector.schema.empty_table()]
        for number, (name, picture) in enumerate(pictures):
            if attempts.is_deadly(number):
                picture = _deadly(name)
            attempts.begin(number)
            tables.append(self._detector.faces([(name, picture)]))
        return pa.concat_tables(tables)

    def _look_at_film(self, shard: int, item: Item, attempts: Attempts) -> int:
        first = shard - item.part.number
        shards = range(first, first + item.part.count)
        parts = [table_path(self._out / PARTS, x) for x in shards]
        path, count = parts[item.part.number], 0
        name = without_query(item.path)
        if not path.exists():
            outcomes = look_at_part(item, self._detector)
            if attempts.is_deadly(0):
                outcomes = [_deadly(name)]
            attempts.begin(0)
            count = write_part(path, outcomes)
        if all(part.exists() for part in parts):
            tables = [table_path(self._out / TABLES, x) for x in shards]
            try:
                link_film(parts, tables, name, self._detector)
            except InputError:
                # Another may have seen its last part at the same time, and
                # have done it meanwhile.
                if all(part.exists() for part in parts):
                    raise
        return count

    def _open(
        self, items: Sequence[Item]
    ) -> Iterator[tuple[str, One | InputError]]:
        first = items[0]
        if first.is_tar:
            return _tar_members(first.path)
        if first.row_group is not None:
            return _table_rows(first.path, first.row_group, self._column)
        return read_places(item.path for item in items)


def _deadly(name: str) -> InputError:
    return InputError(
        f'{name} has killed each process that looked at it (has it more pixels '
        'than fit into the memory?): look at it by itself with predict.'
    )


class _Member(tarfile.TarInfo):
    """Whose damaged header is a fault, which tarfile takes for the end."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> '_Member':
        try:
            return super().fromtarfile(archive)
        except (
            tarfile.InvalidHeaderError,
            tarfile.TruncatedHeaderError,
        ) as error:
            raise tarfile.ReadError(str(error)) from error


def _tar_members(path: str) -> Iterator[tuple[str, bytes | InputError]]:
    """Pictures of an archive, read from its beginning to its end."""
    name = without_query(path)
    try:
        with open_place(path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            with tarfile.open(
                fileobj=file, mode='r|', tarinfo=_Member
            ) as archive:
                for member, content in _pictures(archive, size):
                    yield f'{name}/{member}', content
    except InputError as error:
        yield name, error


def _pictures(
    archive: tarfile.TarFile, size: int
) -> Iterator[tuple[str, bytes | InputError]]:
    for member in archive:
        if archive.offset >= size + tarfile.BLOCKSIZE:
            # The search for the next one would not end.
            raise tarfile.ReadError(
                f'{member.name} claims more bytes than are there'
            )
        suffix = PurePosixPath(member.name).suffix.lower()
        if not member.isfile() or suffix not in SUFFIXES:
            continue
        if member.size > most_bytes():
            yield (
                member.name,
                InputError(
                    f'{member.name} claims {member.size} bytes: put a smaller '
                    'one there.'
                ),
            )
        else:
            yield member.name, archive.extractfile(member).read()


def _table_rows(
    path: str, row_group: int, column: str
) -> Iterator[tuple[str, bytes | InputError]]:
    """Pictures that a table holds; the number of the row names them."""
    name = without_query(path)
    try:
        with open_place(path) as file, pq.ParquetFile(file) as table:
            number = sum(
                table.metadata.row_group(i).num_rows for i in range(row_group)
            )
            batches = table.iter_batches(
                _ROWS, row_groups=[row_group], columns=[column]
            )
            for batch in batches:
                for content in batch.column(0).to_pylist():
                    yield f'{name}#{number}', content or b''
                    number += 1
    except InputError as error:
        yield name, error
