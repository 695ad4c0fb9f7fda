"""Tables of faces, one a shard."""

import pyarrow as pa
import pytest

from fer_yolo_mamba.apis.many.tables import count_rows, write_table
from fer_yolo_mamba.errors import InputError


def test_pictures_without_a_face_are_a_table_of_no_rows(tmp_path):
    path = tmp_path / '0.parquet'
    schema = pa.schema([('error', pa.string())])
    empty = pa.Table.from_pylist([], schema)
    for table in (empty, pa.concat_tables([schema.empty_table(), empty])):
        write_table(table, path)
        assert count_rows(path) == (0, 0)


@pytest.mark.parametrize('kept', [0, 99, -9])
def test_a_damaged_one_is_one_sentence(kept, tmp_path):
    path = tmp_path / '0.parquet'
    write_table(pa.table(dict(x=[1, 2], error=[None, 'no picture'])), path)
    assert count_rows(path) == (1, 1)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=f'{path} cannot be read.*remove it'):
        count_rows(path)
