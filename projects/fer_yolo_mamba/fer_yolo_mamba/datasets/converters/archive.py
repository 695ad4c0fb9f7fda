"""Reads zip archives, whose every fault is one sentence."""

import lzma
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from ...errors import InputError

_ENCRYPTED = 0x1  # flag bit of a member
# What zipfile raises, depending on where the damage is.
_DAMAGE = (
    BadZipFile,
    EOFError,
    OSError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)


class Archive:
    """A zip archive.

    >>> archive = Archive('basic/Image/original.zip')
    >>> with archive.open(archive.names[0]) as file:
    ...     picture = file.read()

    Args:
        path: The archive.

    Attributes:
        names: Names of the files inside, in the order of the archive.

    Raises:
        InputError: The archive is damaged, or a name inside leads out of the
            folder that it would be unpacked to.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        with self._reading():
            self._zip = ZipFile(self.path)
        self.names = [
            info.filename
            for info in self._zip.infolist()
            if not info.is_dir() and '__MACOSX' not in info.filename
        ]
        self._known = set(self.names)
        for name in self.names:
            if _leads_out(name):
                raise InputError(
                    f'{self.path}: holds a file named {name!r}, which would '
                    'leave the folder that it is unpacked to; get the archive '
                    'again from where it is published'
                )

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def info(self, name: str) -> ZipInfo:
        """What the archive's directory says about a file inside."""
        return self._zip.getinfo(name)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Opens a file inside for reading; the end compares its checksum.

        Args:
            name: One of `names`.

        Yields:
            The open file.

        Raises:
            InputError: The file is damaged, protected by a password, or
                compressed in a way that Python does not know.
        """
        info = self.info(name)
        if info.flag_bits & _ENCRYPTED:
            raise InputError(
                f'{self.path}: is protected by a password; unpack it with '
                f'"7z x {self.path.name}" or "unzip {self.path.name}", which '
                'ask for the one that came with the release, and convert the '
                'unpacked folder'
            )
        try:
            with self._reading(f' ({name})'), self._zip.open(info) as file:
                yield file
        except NotImplementedError as error:
            raise InputError(
                f'{self.path}: {name} is compressed in a way that Python '
                f'does not read ({error}); unpack the archive with "7z x '
                f'{self.path.name}" and convert the folder'
            ) from None

    @contextmanager
    def _reading(self, where: str = '') -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError:
            raise  # of a text that a caller decodes: the bytes were whole
        except _DAMAGE as error:
            raise InputError(
                f'{self.path}{where}: this archive is damaged or incomplete '
                f'({error}); download it again'
            ) from None


def _leads_out(name: str) -> bool:
    # The rules of Windows are the stricter ones.
    path = PureWindowsPath(name)
    return bool(path.anchor) or '..' in path.parts
