"""What is to be looked at, written down once and cut into shards.

The listing is a Parquet file, and each of its row groups is a shard: whoever
works on one reads that one alone, whatever has become of the folder since.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from ...datasets.film_parts import FilmPart, film_parts
from ...datasets.frames import is_film
from ...errors import InputError
from ...files import staged
from ...inputs import MOST_LINES, read_table
from ..sources import SUFFIXES, find_files, walk_folder
from ..tracks import NO_TRACKER, can_follow
from .places import is_address, open_place, told, walk_address, without_query

_TABLES = ('.csv', '.parquet')
_TAR = '.tar'
# Nobody knows what the numbers of shards meant that are done.
_NO_LISTING = 'name another folder with --out.'
_PICTURES = (*SUFFIXES, _TAR)
_PART = [('number', pa.int32()), ('count', pa.int32())]
_SCHEMA = pa.schema(
    [
        ('path', pa.binary()),  # names of files need not be text
        ('row_group', pa.int32()),
        ('part', pa.struct([*_PART, ('seconds', pa.float64())])),
    ]
)


class Item(NamedTuple):
    """A picture, part of a film, tar, or rows of a table that holds pictures.

    Attributes:
        path: An absolute path or an address.
        row_group: Of the table; None for all else.
        part: Of the film, likewise.
    """

    path: str
    row_group: int | None = None
    part: FilmPart | None = None

    @property
    def is_tar(self) -> bool:
        """Whether it is an archive, whose members are pictures."""
        return _suffix(self.path) == _TAR

    @property
    def is_shard(self) -> bool:
        """Whether it is a shard of its own; pictures share one."""
        return self.is_tar or bool(self.part) or self.row_group is not None


def write_listing(
    path: Path, inputs: Sequence[str], column: str | None, shard_size: int
) -> None:
    """Writes the listing.

    Args:
        path: Of the new file.
        inputs: Pictures, films, tars, folders of these at any depth,
            patterns; with a column, tables.
        column: Of the tables: what image files hold, or paths and addresses,
            of which those that are relative begin at the table.
        shard_size: Pictures a shard, and about the frames of a part of a
            film, which is one; so is a tar, and a row group of a table that
            holds pictures.

    Raises:
        InputError: An input leads nowhere or has no picture, a table has no
            such column, or what films need is not installed.
    """
    with staged(path) as temporary, open(temporary, 'xb') as file:
        with pq.ParquetWriter(file, _SCHEMA) as writer:
            for shard in _shards(inputs, column, shard_size):
                rows = dict(
                    path=[os.fsencode(item.path) for item in shard],
                    row_group=[item.row_group for item in shard],
                    part=[x.part and x.part._asdict() for x in shard],
                )
                writer.write_table(pa.table(rows, _SCHEMA), len(shard))
        file.flush()
        os.fsync(file.fileno())


def count_shards(listing: Path) -> int:
    """Number of shards of a listing.

    Raises:
        InputError: It is damaged.
    """
    with told(str(listing), _NO_LISTING):
        return pq.read_metadata(listing).num_row_groups


def read_listing(listing: Path, shard: int) -> list[Item]:
    """The items of one shard.

    Raises:
        InputError: The listing is damaged.
    """
    with told(str(listing), _NO_LISTING), pq.ParquetFile(listing) as file:
        rows = file.read_row_group(shard).cast(_SCHEMA).to_pylist()
    return [
        Item(
            os.fsdecode(row['path']),
            row['row_group'],
            row['part'] and FilmPart(**row['part']),
        )
        for row in rows
    ]


def _shards(
    inputs: Sequence[str], column: str | None, size: int
) -> Iterator[list[Item]]:
    """Pictures in shards of `size`, what is a shard of its own between them."""
    pictures: list[Item] = []
    for name in inputs:
        found = False
        for item in _items(name, column, size):
            found = True
            if item.is_shard:
                yield [item]
                continue
            pictures.append(item)
            if len(pictures) == size:
                yield pictures
                pictures = []
        if not found:
            raise InputError(
                f'{without_query(name)} has no '
                f'{"row" if column else "picture"}: name another.'
            )
    if pictures:
        yield pictures


def _items(name: str, column: str | None, size: int) -> Iterator[Item]:
    for file in _files(name, _TABLES if column else _PICTURES):
        suffix = _suffix(file)
        if column is None:
            if suffix in _TABLES:
                raise InputError(
                    f'{without_query(file)} is a table: name its column of '
                    'pictures or paths with --column.'
                )
            yield from _cut(file, size)
        elif suffix == '.parquet':
            yield from _parquet_items(file, column, size)
        elif suffix == '.csv' and not is_address(file):
            remedy = 'name a CSV file with a header and its column of paths.'
            for row in read_table(file, [column], remedy, MOST_LINES):
                yield from _cut(_beside(file, row[column]), size)
        else:
            raise InputError(
                f'{without_query(file)} is no table for --column: name '
                '.parquet files, or .csv files of this machine.'
            )


def _files(name: str, suffixes: Sequence[str]) -> Iterable[str]:
    if is_address(name):
        return walk_address(name, suffixes)
    if os.path.isdir(name):
        return walk_folder(os.path.abspath(name), suffixes)
    files = [os.path.abspath(x) for x in find_files(name)]
    if len(files) == 1 and not os.path.isfile(files[0]):
        raise InputError(f'{name} does not exist: name a file or folder.')
    return files


def _cut(file: str, size: int) -> Iterator[Item]:
    """The parts of a film, and all else as it is."""
    if not is_film(without_query(file)):
        yield Item(file)
        return
    if not (can_follow() and find_spec('av')):
        raise InputError(NO_TRACKER)
    try:
        with open_place(file) as opened:
            parts = film_parts(opened, size, file)
    except InputError:
        parts = [FilmPart(0, 1, 0.0)]  # whoever looks at it says why
    for part in parts:
        yield Item(file, part=part)


def _parquet_items(file: str, column: str, size: int) -> Iterator[Item]:
    with open_place(file) as opened, pq.ParquetFile(opened) as table:
        schema = table.schema_arrow
        if column not in schema.names:
            raise InputError(
                f'{without_query(file)} has the columns '
                f'{", ".join(schema.names)}: name one of them with --column.'
            )
        kind = schema.field(column).type
        if kind in (pa.binary(), pa.large_binary(), pa.binary_view()):
            for row_group in range(table.num_row_groups):
                if table.metadata.row_group(row_group).num_rows:
                    yield Item(file, row_group)
        elif kind in (pa.string(), pa.large_string(), pa.string_view()):
            for batch in table.iter_batches(columns=[column]):
                for cell in batch.column(0).to_pylist():
                    yield from _cut(_beside(file, cell or ''), size)
        else:
            raise InputError(
                f'column {column} of {without_query(file)} holds {kind}: name '
                'one of paths or of what image files hold.'
            )


def _beside(table: str, cell: str) -> str:
    """Where a cell's path leads; a cell without one leads nowhere."""
    if not cell or is_address(cell):
        return cell
    if is_address(table):
        address, mark, query = table.partition('?')
        return f'{address.rpartition("/")[0]}/{quote(cell)}{mark}{query}'
    return os.path.join(os.path.dirname(table), cell)


def _suffix(name: str) -> str:
    return PurePosixPath(without_query(name)).suffix.lower()
