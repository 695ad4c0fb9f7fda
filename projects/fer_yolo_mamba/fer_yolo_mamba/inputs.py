"""Text files that people bring: of bounded size, every fault one sentence.

Devices, pipes and files that never end are not read at all. The limits below
hold what a file of so many bytes may cost, also a hostile one: parsed, it takes
up to thirty times as much memory.
"""

import csv
import errno
import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .errors import InputError

_MIB = 2**20
#: Most bytes of a file that is read as a whole: JSON, a list, a table.
MOST_TEXT = 64 * _MIB
#: Of the predictions of a test: three hundred in each of 3,000 images.
MOST_PREDICTIONS = 128 * _MIB
#: Of one that is read and forgotten line by line.
MOST_LINES = 2048 * _MIB
#: Of the annotation of one image, and of a YAML file, which is slow to parse.
MOST_XML, MOST_YAML = 4 * _MIB, _MIB // 8

# In the environment: by what factor all of them are larger.
_FACTOR = 'FER_YOLO_MAMBA_LARGER_FILES'
_LONGEST_LINE = _MIB
# In a JSON text, whose size alone does not tell what it costs.
_MOST_CONTAINERS, _MOST_COMMAS = 3_000_000, 8_000_000
# More digits than a 64-bit number has.
_MANY_DIGITS = 20
_SHOWN = 100  # characters


def read_bounded(path: str | os.PathLike, most: int) -> bytes:
    """Reads an ordinary file that is not too large.

    Args:
        path: The file.
        most: Bytes that it may have, such as :data:`MOST_TEXT`; the number in
            the environment variable `FER_YOLO_MAMBA_LARGER_FILES` multiplies
            them.

    Raises:
        OSError: It cannot be read, is too large, or is no ordinary file.
    """
    size = _size(path, most)
    with open(path, 'rb') as file:
        content = file.read(size + 1)
    if len(content) > size:  # as the files of /proc, which claim no bytes
        raise _refused(path, errno.EINVAL, 'it is longer than it says')
    return content


def read_text(
    path: str | os.PathLike, remedy: str, most: int = MOST_TEXT
) -> str:
    """Reads a file of UTF-8 text, with or without a byte order mark.

    Raises:
        InputError: It cannot be read, as `read_bounded` says, or is no such
            text; ends with the remedy.
    """
    try:
        return read_bounded(path, most).decode('utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error, remedy) from None


def read_lines(
    path: str | os.PathLike, remedy: str, most: int = MOST_LINES
) -> Iterator[str]:
    """As `read_text`, line by line: for a file that may be large."""
    try:
        _size(path, most)
        with open(path, encoding='utf-8-sig') as file:
            while line := file.readline(_LONGEST_LINE):
                if len(line) == _LONGEST_LINE:
                    raise _refused(path, errno.EFBIG, 'it has an endless line')
                yield line
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error, remedy) from None


def read_table(
    path: str | os.PathLike,
    columns: Sequence[str],
    remedy: str,
    most: int = MOST_TEXT,
) -> Iterator[dict[str, str]]:
    """Reads a CSV file with a header, row by row.

    A cell that a row lacks is empty.

    Args:
        path: The file.
        columns: Those that it needs; it may have others.
        remedy: Ends the sentence about a fault.
        most: See `read_bounded`.

    Raises:
        InputError: It cannot be read, is no CSV, or lacks a column.
    """
    lines = read_lines(path, remedy, most)
    table = csv.DictReader(lines, restkey='', restval='')
    try:
        found = table.fieldnames or ()
        if missing := [name for name in columns if name not in found]:
            raise InputError(
                f'{path}: has the columns {shown(found) or "(none)"} and '
                f'lacks {", ".join(missing)}; {remedy}'
            )
        yield from table
    except csv.Error as error:
        raise InputError(f'{path}: is no CSV ({error}); {remedy}') from None


def parse_json(text: str, **options) -> Any:
    """As `json.loads`, whatever the text holds.

    A whole number with more digits than 64 bits hold becomes a float, infinite
    if need be, so that no later step meets a number that it cannot convert.

    Raises:
        ValueError: It is no JSON, or has too many or too deep parts.
    """
    _require_few(text.count('{') + text.count('['), _MOST_CONTAINERS)
    _require_few(text.count(','), _MOST_COMMAS)
    try:
        return json.loads(text, parse_int=_whole, **options)
    except RecursionError:
        raise ValueError('its parts are nested too deeply') from None


def whole_number(text: str) -> int | None:
    """The number that a text of a few decimal digits is; None for another."""
    is_number = text.isdecimal() and len(text) < _MANY_DIGITS
    return int(text) if is_number else None


def quoted(value: object) -> str:
    """What a file holds, for a sentence: on one line, and cut short."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f'{text[: _SHOWN - 1]}…'


def shown(names: Iterable[str], most: int = 20) -> str:
    """Names in a sentence: as they are, unless they are long or no line."""
    listed = [
        name if name.isprintable() and len(name) <= _SHOWN else quoted(name)
        for name in names
    ]
    return ', '.join(listed[:most]) + (', …' if len(listed) > most else '')


def _require_few(parts: int, most: int) -> None:
    most *= _factor()
    if parts > most:
        raise ValueError(
            f'it has more than {most} parts, a limit that {_FACTOR}=2 would '
            'double'
        )


def _whole(text: str) -> int | float:
    return int(text) if len(text) < _MANY_DIGITS else float(text)


def _size(path: str | os.PathLike, most: int) -> int:
    """Bytes of an ordinary file."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise _refused(
            path, errno.EINVAL, 'it is a folder, device, pipe or socket'
        )
    most *= _factor()
    if status.st_size > most:
        raise _refused(
            path,
            errno.EFBIG,
            f'it is larger than {most / _MIB:g} MiB, a limit that '
            f'{_FACTOR}=2 in the environment would double',
        )
    return status.st_size


def _factor() -> int:
    text = os.environ.get(_FACTOR, '1')
    factor = whole_number(text)
    if not factor:
        raise InputError(
            f'{_FACTOR} is {text}: give a whole number, such as 2.'
        )
    return factor


def _refused(path: str | os.PathLike, code: int, reason: str) -> OSError:
    return OSError(code, reason, str(path))


def _unreadable(
    path: str | os.PathLike, error: OSError | UnicodeDecodeError, remedy: str
) -> InputError:
    reason = f'it is not UTF-8 text: {error}'
    if isinstance(error, OSError):
        reason = error.strerror or error
    return InputError(f'{path}: cannot be read ({reason}); {remedy}')
