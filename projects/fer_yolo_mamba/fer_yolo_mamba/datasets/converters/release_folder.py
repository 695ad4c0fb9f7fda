"""Finds the parts of a release, whether they are unpacked or still zipped."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ...errors import InputError
from .archive import Archive
from .folder import ArchiveFolder, DiskFolder, Folder
from .image_source import ArchivedImage, ImageSource, LocalImage
from .walk import walk

_OTHER_ARCHIVES = ('.7z', '.001', '.rar', '.tar', '.tgz', '.gz', '.bz2', '.xz')


class ReleaseFolder:
    """A data set as its authors distribute it.

    >>> release = ReleaseFolder('downloads/RAF-DB')
    >>> release.folder('original').find('train_00001.jpg')
    LocalImage(path=PosixPath('/…/basic/Image/original/train_00001.jpg'))

    What is unpacked comes before what is zipped, and an archive is only
    opened when it is needed. `Image/original.zip` counts as the folder
    `Image/original`, whether or not its files lie in a further `original/`.

    Args:
        path: A folder that holds the release somewhere below it, or one zip.

    Attributes:
        path: The absolute path.

    Raises:
        InputError: There is no such folder or archive.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path).absolute()
        self._folders: list[Path] = []
        self._zips: list[Path] = []
        self._packed: list[str] = []
        self._opened: dict[Path, Archive] = {}
        if self.path.is_dir():
            self._walk()
        elif self.path.is_file() and self.path.suffix.lower() == '.zip':
            self._zips.append(self.path)
        elif self.path.is_file():
            raise InputError(
                f'{path}: is neither a folder nor a zip archive; unpack it, '
                'and give the folder'
            )
        else:
            raise InputError(
                f'{path}: there is no such folder or archive; data/README.md '
                'says how to get the set'
            )

    def _walk(self) -> None:
        for folder, names in walk(self.path):
            self._folders.append(folder)
            for name in names:
                suffix = os.path.splitext(name)[1].lower()
                if suffix == '.zip':
                    self._zips.append(Path(folder, name))
                elif suffix in _OTHER_ARCHIVES:
                    self._packed.append(name)

    def root(self) -> Folder:
        """The folder or the archive itself."""
        if self.path in self._zips:
            return ArchiveFolder(self._archive(self.path), '')
        return DiskFolder(self.path)

    def folder(self, name: str) -> Folder:
        """The folder of a name, wherever it is in the release.

        Args:
            name: Name of the folder, in any case.

        Returns:
            The folder; the innermost where several of the name are nested.

        Raises:
            InputError: There is none, or an archive cannot be read.
        """
        found = self.find_folder(name)
        if found is None:
            hint = 'unpack the whole release into it'
            if self._packed:
                hint = f'unpack {self._packed[0]} first'
            raise InputError(
                f'{self.path}: there is no folder named {name!r} in this '
                f'release, nor a zip archive of it; {hint}'
            )
        return found

    def find_folder(self, name: str) -> Folder | None:
        """As `folder`, but None where there is none."""
        chosen = None
        for candidate in self._named(name.casefold()):
            if chosen is None or candidate.is_inside(chosen):
                chosen = candidate
        return chosen

    def _named(self, name: str) -> Iterator[Folder]:
        """The candidates of a name, the best first."""
        on_disk = [p for p in self._folders if p.name.casefold() == name]
        if on_disk:
            yield from map(DiskFolder, on_disk)
            return
        # Archives of this name come first, and most often are the only ones.
        by_name = sorted(self._zips, key=lambda p: p.stem.casefold() != name)
        for path in by_name:
            archive = self._archive(path)
            own = path.stem.casefold() == name
            if own:
                yield ArchiveFolder(archive, '')
            inside = [
                prefix
                for prefix in _folders_inside(archive)
                if PurePosixPath(prefix).name.casefold() == name
            ]
            for prefix in inside:
                yield ArchiveFolder(archive, prefix)
            if own or inside:
                return

    def files(self) -> Iterator[tuple[PurePosixPath, ImageSource]]:
        """All files of the release, in archives too.

        Yields:
            Path below the release, where an archive counts as the folder of
            its name without `.zip`, and the file.

        Raises:
            InputError: An archive cannot be read.
        """
        for folder, names in walk(self.path) if self._folders else ():
            below = PurePosixPath(folder.relative_to(self.path))
            for name in names:
                yield below / name, LocalImage(folder / name)
        for path in self._zips:
            archive = self._archive(path)
            below = PurePosixPath()
            if path != self.path:
                below = PurePosixPath(path.relative_to(self.path))
                below = below.with_suffix('')
            for name in archive.names:
                yield below / name, ArchivedImage(archive, name)

    def _archive(self, path: Path) -> Archive:
        if path not in self._opened:
            self._opened[path] = Archive(path)
        return self._opened[path]


def _folders_inside(archive: Archive) -> list[str]:
    """Paths of all folders in an archive, outer ones first."""
    prefixes = set()
    for name in archive.names:
        while '/' in name:
            name = name.rpartition('/')[0]
            if f'{name}/' in prefixes:
                break
            prefixes.add(f'{name}/')
    return sorted(prefixes)
