"""A folder of a release, on the disk or in an archive."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from ...errors import InputError
from .archive import Archive
from .image_source import ArchivedImage, ImageSource, LocalImage


class Folder(ABC):
    """A folder of a release, be it on the disk or in an archive."""

    @abstractmethod
    def find(self, name: str) -> ImageSource | None:
        """The file of a path below the folder, None where there is none."""

    @abstractmethod
    def is_inside(self, other: 'Folder') -> bool:
        """Whether this folder is a part of the other."""

    def lines(self, name: str) -> Iterator[str]:
        """Reads a UTF-8 text file line by line.

        Args:
            name: Path below the folder.

        Yields:
            The lines with their ends.

        Raises:
            InputError: The file is missing or cannot be read.
        """
        source = self.find(name)
        if source is None:
            raise InputError(
                f'{self}/{name}: this part of the release is missing; unpack '
                'it again'
            )
        try:
            with source.open() as file:
                yield from TextIOWrapper(file, encoding='utf-8-sig')
        except UnicodeDecodeError as error:
            raise InputError(
                f'{source}: is not UTF-8 text ({error}); unpack it again'
            ) from None


class DiskFolder(Folder):
    """An unpacked folder.

    Args:
        path: Its absolute path.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, name: str) -> LocalImage | None:
        """See `Folder`."""
        path = self.path / name
        return LocalImage(path) if path.is_file() else None

    def is_inside(self, other: Folder) -> bool:
        """See `Folder`."""
        return isinstance(other, DiskFolder) and other.path in self.path.parents

    def __str__(self) -> str:
        return str(self.path)


class ArchiveFolder(Folder):
    """A folder inside an archive.

    Args:
        archive: The archive.
        prefix: The folder's path in the archive, ending in a slash, or ''.
    """

    def __init__(self, archive: Archive, prefix: str) -> None:
        self.archive = archive
        self.prefix = prefix

    def find(self, name: str) -> ArchivedImage | None:
        """See `Folder`."""
        member = self.prefix + name
        if member not in self.archive:
            return None
        return ArchivedImage(self.archive, member)

    def is_inside(self, other: Folder) -> bool:
        """See `Folder`."""
        return (
            isinstance(other, ArchiveFolder)
            and self.archive is other.archive
            and self.prefix.startswith(other.prefix)
            and self.prefix != other.prefix
        )

    def __str__(self) -> str:
        return f'{self.archive.path}/{self.prefix}'.rstrip('/')
