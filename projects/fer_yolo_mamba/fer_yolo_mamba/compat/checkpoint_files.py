"""Files of torch.save, read whole and within the size of the file itself.

Checkpoints come from strangers. Nothing of one is run, what it claims to hold
is compared with its length before memory is taken for it, the checksums of
its parts are verified, and all its numbers are finite.

Both of torch's formats are known: a zip archive with a part a storage, and
that of before 1.6, some pickles and then the storages, which many published
weights have. Other programs' archives, compressed ones among them, are not.
"""

import io
import os
import stat
import zipfile
from pathlib import Path
from pickle import UnpicklingError
from typing import BinaryIO

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

from ..errors import InputError
from .checkpoint_pickle import Array, unpickle

_LARGEST = 8 * 2**30
# Names and log, with a hundred thousand iterations each.
_LARGEST_PICKLE = 2**28
_LARGEST_DIRECTORY = 2**22
# First and second number of a file of before 1.6.
_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
# Several names may have one tensor; not any number of them.
_MOST_SHARING = 8
_DEEPEST = 50
_MOST_VALUES = 2_000_000
# Errors that say what is wrong; others are of a place in a program.
_SPEAKING = (ValueError, UnpicklingError, zipfile.BadZipFile)
_PLAIN = (type(None), bool, int, float, str, bytes, HistoryBuffer, Array)


def read_file(path: str | Path) -> object:
    """Reads a file of torch.save to the CPU.

    Returns:
        Tensors, plain data and mmengine's log history.

    Raises:
        InputError: The file is missing, damaged, too large, of another kind,
            asks for anything else, or holds a number that is not finite.
    """
    path = Path(os.path.expanduser(path))
    try:
        status = path.stat()
    except OSError as error:
        is_missing = isinstance(error, FileNotFoundError)
        what = 'does not exist' if is_missing else f'gives {error.strerror}'
        raise InputError(
            f'checkpoint {path} {what}: train first (tools/train.py), or name '
            'a file epoch_*.pth of a run in work_dirs/.'
        ) from error
    # Before it is opened: a pipe would wait for a writer.
    if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
        raise InputError(
            f'checkpoint {path} is no file of up to {_LARGEST >> 30} GB: name '
            'a file epoch_*.pth.'
        )
    with open(path, 'rb') as file:
        try:
            is_zip = file.read(4) == b'PK\x03\x04'
            file.seek(0)
            read = _read_zip if is_zip else _read_old
            content = read(file, status.st_size)
            _require_data(content, status.st_size)
        # What is damaged fails in any way, a lack of memory among them.
        except Exception as error:
            says = isinstance(error, _SPEAKING)
            reason = ' '.join(str(error).split())[:200].rstrip('.')
            raise InputError(
                f'{path} is damaged, or no checkpoint that can be read '
                f'({reason if says else "torch.save writes none such"}): copy '
                'or download it again, or name another one.'
            ) from error
    return content


def _read_zip(file: BinaryIO, size: int) -> object:
    # Looked at before zipfile makes an object of each of its lines.
    end = zipfile._EndRecData(file)
    _demand(end and end[5] <= _LARGEST_DIRECTORY, 'it is cut short')
    with zipfile.ZipFile(file) as archive:
        parts = {info.filename: info for info in archive.infolist()}
        _demand(
            len(parts) == len(archive.infolist())
            and sum(info.file_size for info in parts.values()) <= size
            and all(
                info.compress_type == zipfile.ZIP_STORED
                and info.compress_size == info.file_size
                for info in parts.values()
            ),
            'its parts are compressed, or larger than the file',
        )
        names = [name for name in parts if name.endswith('/data.pkl')]
        _demand(len(names) == 1, 'it has no data.pkl')
        (name,) = names
        folder = name.removesuffix('data.pkl')
        _demand(
            parts[name].file_size <= _LARGEST_PICKLE, 'its table is too large'
        )
        order = parts.pop(f'{folder}byteorder', None)
        _demand(
            order is None or archive.read(order) == b'little',
            'it was written on another kind of machine',
        )
        storages: dict[str, torch.Tensor] = {}

        def storage(dtype: torch.dtype, key: str, length: int) -> torch.Tensor:
            if key not in storages:
                info = parts.pop(f'{folder}data/{key}')
                _demand(
                    info.file_size == length * dtype.itemsize,
                    f'a storage of {length} numbers has {info.file_size} bytes',
                )
                storages[key] = _filled(archive.open(info), dtype, length)
            return _known(storages[key], dtype, length)

        content = unpickle(io.BytesIO(archive.read(parts.pop(name))), storage)
        for info in parts.values():  # their checksums
            with archive.open(info) as part:
                while part.read(2**20):
                    pass
    return content


def _read_old(file: BinaryIO, size: int) -> object:
    storages: dict[str, torch.Tensor] = {}
    left = size

    def none(*_) -> None:
        raise ValueError('a storage before the first')

    def storage(dtype: torch.dtype, key: str, length: int) -> torch.Tensor:
        nonlocal left
        if key not in storages:
            left -= length * dtype.itemsize
            _demand(left >= 0, 'its parts are larger than the file')
            storages[key] = torch.empty(length, dtype=dtype)
        return _known(storages[key], dtype, length)

    bounded = _Bounded(file, size)
    numbers = [unpickle(bounded, none) for _ in range(2)]
    _demand(numbers == [_MAGIC, _VERSION], 'it does not begin as one')
    machine = unpickle(bounded, none)
    _demand(machine['little_endian'], 'written on another kind of machine')
    content = unpickle(bounded, storage)
    keys = unpickle(bounded, none)
    _demand(sorted(keys) == sorted(storages), 'its storages are not those')
    for key in keys:
        length = int.from_bytes(file.read(8), 'little', signed=True)
        _demand(length == len(storages[key]), 'a storage of another length')
        _fill(file, storages[key])
    return content


class _Bounded:
    """A file that reserves no memory for more than it holds."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self.readline = file.readline

    def read(self, size: int) -> bytes:
        _demand(size <= self._size, 'it is cut short')
        return self._file.read(size)


def _filled(file: BinaryIO, dtype: torch.dtype, length: int) -> torch.Tensor:
    with file:
        values = torch.empty(length, dtype=dtype)
        _fill(file, values)
        _demand(not file.read(1), 'a part is too long')  # and its checksum
    return values


def _fill(file: BinaryIO, values: torch.Tensor) -> None:
    place = memoryview(values.view(torch.uint8).numpy())
    _demand(file.readinto(place) == len(place), 'it is cut short')


def _known(
    values: torch.Tensor, dtype: torch.dtype, length: int
) -> torch.Tensor:
    _demand(
        values.dtype == dtype and len(values) == length,
        'a storage is named in two ways',
    )
    return values


def _require_data(content: object, size: int) -> None:
    """Refuses whatever a program would stumble over that walks through it.

    Each value counts as often as it is named: what names itself, or lists of
    lists of the same, would go on for ever.
    """
    count, shared, seen = 0, 0, set()

    def walk(value: object, where: tuple, depth: int) -> None:
        nonlocal count, shared
        count += 1
        _demand(
            count <= _MOST_VALUES and depth <= _DEEPEST,
            'it is nested without an end',
        )
        if isinstance(value, torch.Tensor):
            if id(value) not in seen:
                seen.add(id(value))
                shared += value.nbytes
                _demand(
                    shared <= _MOST_SHARING * size,
                    'its tensors are larger than the file',
                )
                _require_finite(value, where)
        elif isinstance(value, dict):
            for key, item in value.items():
                walk(key, where, depth + 1)
                walk(item, (*where, key), depth + 1)
        elif type(value) in (list, tuple):
            for item in value:
                walk(item, where, depth + 1)
        else:
            _demand(
                type(value) in _PLAIN or isinstance(value, np.generic),
                f'it holds a {type(value).__name__}',
            )

    walk(content, (), 0)


def _require_finite(value: torch.Tensor, where: tuple) -> None:
    if not value.is_floating_point():
        return
    if value.dtype == torch.bfloat16:  # which NumPy lacks
        value = value.float()
    # In one thread: torch's would wait for each other at every small tensor.
    if not np.isfinite(value.numpy()).all():
        name = ''.join(f'[{str(key)[:80]!a}]' for key in where)
        raise ValueError(f'{name} is not finite: the training went wrong')


def _demand(condition: object, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)
