"""Where the bytes of an image are: in a file, or in an archive."""

import calendar
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ...errors import InputError
from .archive import Archive


@dataclass(frozen=True)
class LocalImage:
    """An image in a file of its own, which can be linked.

    Attributes:
        path: The file, as an absolute path.
    """

    path: Path

    @property
    def name(self) -> str:
        """File name with its suffix."""
        return self.path.name

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Opens the file for reading.

        Raises:
            InputError: It cannot be read.
        """
        try:
            with open(self.path, 'rb') as file:
                yield file
        except OSError as error:
            raise InputError(
                f'{self.path}: cannot be read ({error.strerror or error}); '
                'unpack or copy it again'
            ) from None

    def stamp(self) -> tuple[int, float]:
        """Size in bytes and time of the last change in seconds."""
        status = os.stat(self.path)
        return status.st_size, status.st_mtime

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class ArchivedImage:
    """An image inside a zip archive, which has to be extracted.

    Attributes:
        archive: The archive.
        member: Name inside the archive.
    """

    archive: Archive
    member: str

    @property
    def name(self) -> str:
        """File name with its suffix."""
        return PurePosixPath(self.member).name

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Opens the file for reading.

        Raises:
            InputError: The archive is damaged or protected by a password.
        """
        return self.archive.open(self.member)

    def stamp(self) -> tuple[int, float]:
        """Size in bytes and time of the last change in seconds.

        Archives note the time without a time zone; taken as UTC, it is the
        same on every machine.
        """
        info = self.archive.info(self.member)
        return info.file_size, calendar.timegm((*info.date_time, 0, 0, 0))

    def __str__(self) -> str:
        return f'{self.archive.path}/{self.member}'


ImageSource = LocalImage | ArchivedImage
