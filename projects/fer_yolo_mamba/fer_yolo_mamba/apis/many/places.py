"""Files in folders and in object stores, through Arrow's file systems.

A name is a path, or an address such as ``s3://bucket/album/a.jpg`` whose query
holds options of the store; ``pyarrow.fs.FileSystem.from_uri`` says which
there are.
"""

import tarfile
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

import pyarrow as pa
from pyarrow import fs

from ...datasets.images import most_bytes
from ...errors import InputError
from ..threads import AbandonablePool

# Reads under way at once: a store answers after tens of milliseconds.
_AHEAD = 16


def is_address(name: str) -> bool:
    """Whether it is an address, not a path."""
    return '://' in name


@contextmanager
def open_place(name: str) -> Iterator[BinaryIO]:
    """Opens a file for reading, at any place in it.

    Raises:
        InputError: There is none, it is damaged, or the store does not give
            it.
    """
    with told(name):
        if is_address(name):
            system, path = _resolved(name)
            with system.open_input_file(path) as file:
                yield file
        else:
            with open(name, 'rb') as file:
                yield file


@contextmanager
def told(
    name: str, remedy: str = 'check the name, and the right to read it.'
) -> Iterator[None]:
    """Faults of a file or a store become one sentence.

    Args:
        name: Of the file.
        remedy: Ends the sentence.

    Raises:
        InputError: The context raised what reading a file may.
    """
    try:
        yield
    except InputError:
        raise
    except (OSError, pa.ArrowException, tarfile.TarError, ValueError) as error:
        reason = getattr(error, 'strerror', None) or str(error) or repr(error)
        raise InputError(
            f'{without_query(name)} cannot be read ({reason.splitlines()[0]}): '
            f'{remedy}'
        ) from error


def walk_address(address: str, suffixes: Collection[str]) -> Iterator[str]:
    """Addresses of files below one, at any depth, in a fixed order.

    Those of one folder are held at a time.

    Args:
        address: Of a folder; that of a file stands for itself.
        suffixes: Of the files, in lower case.

    Raises:
        InputError: There is no such folder or file.
    """
    with told(address):
        system, path = _resolved(address)
        info = system.get_file_info(path.rstrip('/') or '/')
    if info.type == fs.FileType.NotFound:
        raise InputError(f'there is nothing at {address}: name another.')
    if info.is_file:
        yield address
        return
    # What comes before the path, and after it.
    before = address[: len(address.partition('?')[0].rstrip('/'))]
    after = '?' + urlsplit(address).query if '?' in address else ''
    folders = [info.path]
    while folders:
        with told(address):
            entries = system.get_file_info(fs.FileSelector(folders.pop()))
        entries = [x for x in entries if not x.base_name.startswith('.')]
        entries.sort(key=lambda entry: entry.path)
        folders += [x.path for x in reversed(entries) if not x.is_file]
        for entry in entries:
            suffix = PurePosixPath(entry.path).suffix.lower()
            if entry.is_file and suffix in suffixes:
                below = entry.path[len(info.path.rstrip('/')) :]
                yield before + quote(below) + after


def read_places(
    names: Iterable[str],
) -> Iterator[tuple[str, str | bytes | InputError]]:
    """What a detector looks at: a path as it is, of an address what is there.

    Yields:
        The name without a query, and the path, the content or why there is
        none; in their order, while the next are being read.
    """
    names = iter(names)
    with AbandonablePool(_AHEAD, 'reading') as threads:
        coming: deque[tuple[str, Future]] = deque()

        def submit(count: int) -> None:
            for name in islice(names, count):
                coming.append((name, threads.submit(_content, name)))

        submit(_AHEAD)
        while coming:
            name, content = coming.popleft()
            submit(1)
            yield without_query(name), content.result()


def without_query(name: str) -> str:
    """The name without options of a store, which may be secret."""
    return name.partition('?')[0] if is_address(name) else name


def _content(name: str) -> str | bytes | InputError:
    if not is_address(name):
        return name
    try:
        with open_place(name) as file:
            content = file.read(most_bytes() + 1)
        if len(content) > most_bytes():
            raise InputError(
                f'{without_query(name)} has more than {most_bytes()} bytes: '
                'put a smaller one there.'
            )
        return content
    except InputError as error:
        return error


def _resolved(address: str) -> tuple[fs.FileSystem, str]:
    parts = urlsplit(address)
    system, root = _root(f'{parts.scheme}://{parts.netloc}/?{parts.query}')
    return system, root.rstrip('/') + unquote(parts.path)


@cache
def _root(address: str) -> tuple[fs.FileSystem, str]:
    """The file system of a store: connecting to it takes time."""
    return fs.FileSystem.from_uri(address.rstrip('?'))
