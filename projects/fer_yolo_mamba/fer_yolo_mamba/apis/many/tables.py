"""The tables of a folder: one a shard, in folders of a thousand."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...files import write_atomically
from .places import told

#: What to do about a damaged table of faces, or of what was seen.
REMOVE = (
    'remove it, of a film also the tables of its other parts, and give the '
    'command again.'
)

# File systems slow down in larger folders.
_A_FOLDER = 1000


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


def count_rows(table: Path) -> tuple[int, int]:
    """Rows with a face, and rows with an error, from a table's footer.

    Raises:
        InputError: It is damaged.
    """
    with told(str(table), REMOVE):
        metadata = pq.read_metadata(table)
        faces = 0
        for i in range(metadata.num_row_groups):
            group = metadata.row_group(i)
            if group.num_rows:  # one of no rows has no statistics
                # The last column says why there is no face.
                column = group.column(metadata.num_columns - 1)
                faces += column.statistics.null_count
    return faces, metadata.num_rows - faces
