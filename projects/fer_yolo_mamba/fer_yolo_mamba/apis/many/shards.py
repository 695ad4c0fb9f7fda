"""A shard, from the listing to its table of faces."""

import itertools
import platform
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import InputError
from ...files import sha256_of, write_atomically
from ..batch import BatchDetector
from ..sources import SUFFIXES, One
from .listing import read_listing
from .places import open_place, read_places, without_query

# Tables of a folder: file systems slow down in larger ones.
_A_FOLDER = 1000
# Rows of a table of pictures that are in memory at once.
_ROWS = 16


class ShardDetector:
    """Looks at shards; what Ray makes an actor of.

    Args:
        listing: See :mod:`.listing`.
        tables: Folder of the tables of faces.
        column: Of tables that hold pictures.
        options: Of the :class:`~..batch.BatchDetector`.
        sha256: Digest of the weights file.

    Raises:
        InputError: This machine has other weights under that name.
    """

    def __init__(
        self,
        listing: Path,
        tables: Path,
        column: str | None,
        options: Mapping,
        sha256: str,
    ) -> None:
        self._listing, self._tables, self._column = listing, tables, column
        self._detector = BatchDetector(**options)
        weights = self._detector.detector.weights
        if sha256_of(weights) != sha256:
            raise InputError(
                f'{weights} on {platform.node()} is not what it is where the '
                'command was given: install one version on all machines.'
            )

    def __call__(self, batch: Mapping[str, Sequence[int]]) -> dict[str, list]:
        """Writes the table of each shard, whole or not at all.

        Args:
            batch: Numbers of shards, in the column ``item``.

        Returns:
            For each shard the number of its pictures, and how many seconds it
            took.
        """
        counts, seconds = [], []
        for shard in map(int, batch['item']):
            started = time.perf_counter()
            # It ends before the tally counts a picture that is not there.
            tally = itertools.count()
            pictures = (
                picture
                for picture, _ in zip(self._open(shard), tally, strict=False)
            )
            write_table(
                self._detector.faces(pictures),
                table_path(self._tables, shard),
            )
            counts.append(next(tally))
            seconds.append(time.perf_counter() - started)
        return dict(pictures=counts, seconds=seconds)

    def _open(self, shard: int) -> Iterator[tuple[str, One | InputError]]:
        items = read_listing(self._listing, shard)
        first = items[0]
        if first.is_tar:
            return _tar_members(first.path)
        if first.row_group is not None:
            return _table_rows(first.path, first.row_group, self._column)
        return read_places(item.path for item in items)


def table_path(folder: Path, shard: int) -> Path:
    """The table of a shard."""
    return folder / f'{shard // _A_FOLDER:06}' / f'{shard:09}.parquet'


def done_shards(folder: Path) -> set[int]:
    """Numbers of the shards that have their tables."""
    return {int(path.stem) for path in folder.glob('*/[0-9]*.parquet')}


def write_table(table: pa.Table, path: Path) -> None:
    """Writes a table as Parquet, whole or not at all, and on the disk."""
    content = pa.BufferOutputStream()
    pq.write_table(table, content, compression='zstd')
    write_atomically(path, content.getvalue().to_pybytes(), durable=True)


def _tar_members(path: str) -> Iterator[tuple[str, bytes | InputError]]:
    """Pictures of an archive, read from its beginning to its end."""
    name = without_query(path)
    try:
        with (
            open_place(path) as file,
            tarfile.open(fileobj=file, mode='r|') as archive,
        ):
            for member in archive:
                suffix = PurePosixPath(member.name).suffix.lower()
                if member.isfile() and suffix in SUFFIXES:
                    content = archive.extractfile(member).read()
                    yield f'{name}/{member.name}', content
    except InputError as error:
        yield name, error


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
