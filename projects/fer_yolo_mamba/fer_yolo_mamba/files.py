"""The one way in which this project writes a file, JSON and CSV."""

import csv
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path

from mmengine.dist import get_rank


def write_atomically(
    path: str | os.PathLike, content: bytes | str, durable: bool = False
) -> None:
    """Writes a file that is either whole or, if it was there, the old one.

    The content goes to a temporary file in the same folder, which then takes
    the name in one step: a process killed at any moment leaves no half file,
    and no reader meets one. Folders are made where needed.

    >>> write_atomically('work_dirs/demo/metrics.json', '{}')

    Args:
        path: The file; replaced if it exists.
        content: Bytes, or text for UTF-8.
        durable: Whether to wait until the disk holds the content, so that it
            also survives a loss of power.

    Raises:
        OSError: The file cannot be written; nothing is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Always the same name: what a killed run leaves, the next one overwrites.
    # The rank, because every process of a run may write the same file.
    temporary = path.with_name(f'.{path.name}.{get_rank()}.part')
    try:
        with open(temporary, 'wb') as file:
            file.write(
                content.encode() if isinstance(content, str) else content
            )
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        # Of this file: the temporary one's name says nothing to a reader, and
        # a full disk gives none.
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | os.PathLike, value) -> None:
    """Writes :func:`json_text` as :func:`write_atomically` does."""
    write_atomically(path, json_text(value))


def json_text(value) -> str:
    """Indented JSON; null for NaN and infinities, which JSON lacks.

    >>> print(json_text({'AP': float('nan')}), end='')
    {
      "AP": null
    }

    Args:
        value: Dictionaries, lists, tuples, strings and numbers, also NumPy's
            and PyTorch's.
    """
    # Through JSON and back, where what is not finite can be told.
    plain = json.loads(
        json.dumps(value, default=lambda number: number.item()),
        parse_constant=lambda name: None,
    )
    text = json.dumps(plain, indent=2, ensure_ascii=False)
    # File names may hold what UTF-8 cannot: that becomes JSON's escapes.
    return text.encode(errors='backslashreplace').decode() + '\n'


def csv_text(rows: Iterable[Iterable]) -> str:
    """Rows as lines of a CSV file, a None as an empty cell.

    >>> print(csv_text([('config', 'mean'), ('demo, small', None)]), end='')
    config,mean
    "demo, small",
    """
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(rows)
    return text.getvalue()
