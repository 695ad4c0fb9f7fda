"""Finds the parts of a release, and unpacks those that are still zipped."""

import calendar
import errno
import lzma
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PureWindowsPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from ...errors import InputError
from ...files import is_staged, remove_left_over, staged
from ..images import IMAGE_SUFFIXES
from .records import LabelledImage, Skipped

_OTHER_ARCHIVES = ('.7z', '.001', '.rar', '.tar', '.tgz', '.gz', '.bz2', '.xz')
_ENCRYPTED = 0x1  # flag bit of a member
# What zipfile raises, depending on where the damage is, beside OSError.
_DAMAGE = (
    BadZipFile,
    EOFError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
# Pictures hardly shrink; what unpacks to so many times its size is a bomb.
_MOST_GROWTH, _SMALL = 100, 2**30

#: Remedy for a damaged list of a release.
UNPACK = 'unpack this part of the release again'


class Release:
    """A data set as its authors distribute it.

    >>> Release('downloads/RAF-DB').folder('original') / 'train_00001.jpg'
    PosixPath('/…/basic/Image/original/train_00001.jpg')

    What is unpacked comes before what is zipped. A zip is unpacked when it is
    needed, into a folder of its name beside it; where such a folder is there
    already, the zip counts as unpacked.

    Args:
        path: A folder that holds the release somewhere below it, or one zip.

    Attributes:
        path: The folder, as an absolute path.

    Raises:
        InputError: There is no such folder or archive.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path).absolute()
        if self.path.is_file():
            if self.path.suffix.lower() != '.zip':
                raise InputError(
                    f'{path}: is neither a folder nor a zip archive; unpack '
                    'it, and give the folder'
                )
            self.path = unpack(self.path)
        elif not self.path.is_dir():
            raise InputError(
                f'{path}: there is no such folder or archive; data/README.md '
                'says how to get the set'
            )
        self._look()

    def _look(self) -> None:
        self._folders: list[Path] = []
        self._zips: list[Path] = []
        self._other_archives: list[str] = []
        for folder, names in walk(self.path):
            self._folders.append(folder)
            for name in names:
                suffix = os.path.splitext(name)[1].lower()
                if suffix == '.zip':
                    self._zips.append(folder / name)
                elif suffix in _OTHER_ARCHIVES:
                    self._other_archives.append(name)

    def folder(self, name: str) -> Path:
        """The folder of a name, in any case, wherever it is in the release.

        Where several of the name are nested, it is the innermost.

        Raises:
            InputError: There is none, or an archive cannot be unpacked.
        """
        found = self.find_folder(name)
        if found:
            return found
        hint = 'unpack the whole release into it'
        if self._other_archives:
            hint = f'unpack {self._other_archives[0]} first'
        raise InputError(
            f'{self.path}: there is no folder named {name!r} in this release, '
            f'nor a zip archive of it; {hint}'
        )

    def find_folder(self, name: str) -> Path | None:
        """As `folder`, but None where there is none."""
        name = name.casefold()
        if found := self._named(name):
            return found
        # Archives of this name come first, and most often are the only ones.
        for path in sorted(self._zips, key=lambda p: p.stem.casefold() != name):
            if path.stem.casefold() == name or _holds_folder(path, name):
                unpack(path)
                self._look()
                break
        return self._named(name)

    def _named(self, name: str) -> Path | None:
        chosen = None
        for folder in self._folders:
            if folder.name.casefold() == name and (
                chosen is None or chosen in folder.parents
            ):
                chosen = folder
        return chosen

    def files(self) -> Iterator[Path]:
        """All files of the release; all zips in it are unpacked first."""
        for path in self._zips:
            unpack(path)
        for folder, names in walk(self.path):
            yield from (folder / name for name in names)


def file_in(folder: Path, name: str) -> Path | Skipped:
    """The file of a path below a folder, or that there is none."""
    path = folder / name
    # Not `Path.is_file`, which some names are too much for.
    return path if os.path.isfile(path) else Skipped.NO_IMAGE


def image_in(folder: Path, name: str, split: str, **facts) -> LabelledImage:
    """The image of a path below a folder; its id is the path without suffix."""
    source, image_id = file_in(folder, name), os.path.splitext(name)[0]
    return LabelledImage(image_id, source, (split,), **facts)


def images_by_stem(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """Images by file name without suffix, for `image_of_stem`.

    For lists that were made on another machine, or before the images were
    converted to another format.
    """
    found: dict[str, list[Path]] = {}
    for path in paths:
        if path.suffix.lower() in IMAGE_SUFFIXES:
            found.setdefault(path.stem.casefold(), []).append(path)
    return found


def image_of_stem(images: dict[str, list[Path]], stem: str) -> Path | Skipped:
    """The one image of a name, or why there is none."""
    found = images.get(stem.casefold(), [])
    if len(found) == 1:
        return found[0]
    return Skipped.SEVERAL_IMAGES if found else Skipped.NO_IMAGE


def walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Each folder, and the names of the files in it, sorted.

    Links are followed, and a folder that cannot be read is an InputError.
    """

    def refuse(error: OSError) -> None:
        raise InputError(
            f'{error.filename}: cannot read this folder ({error.strerror}); '
            'make it readable'
        ) from None

    seen = set()
    for folder, below, names in os.walk(root, onerror=refuse, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link back to where we were
            below.clear()
            continue
        seen.add(real)
        # Without what a killed run left half unpacked.
        below[:] = sorted(name for name in below if not is_staged(name))
        yield Path(folder), sorted(names)


def unpack(archive: Path) -> Path:
    """Unpacks a zip into a folder of its name beside it.

    The folder appears whole or not at all; one that is there already is taken
    as it is, also where another process was faster. Files keep their times.

    Raises:
        InputError: The archive is damaged, protected by a password,
            compressed in a way that Python does not know or beyond all
            measure; a name inside leads out of the folder; or the folder
            cannot be written.
    """
    target = archive.with_suffix('')
    if target.is_dir():
        return target
    try:
        with _opened(archive) as opened:
            members = _members(archive, opened)
            with staged(target) as folder:
                folder.mkdir()
                for member in members:
                    _extract(opened, member, folder)
    except InputError:
        if not target.is_dir():
            raise
    remove_left_over(archive.parent)
    return target


def _extract(opened: ZipFile, member: ZipInfo, folder: Path) -> None:
    path = opened.extract(member, folder)
    # Archives note the time without a time zone; taken as UTC, it is the same
    # on every machine.
    with suppress(ValueError):  # some tools write a month 0
        time = calendar.timegm((*member.date_time, 0, 0, 0))
        os.utime(path, (time, time))


def _members(archive: Path, opened: ZipFile) -> list[ZipInfo]:
    """The files in an archive, none of which leads astray or is a bomb."""
    members = [
        member
        for member in opened.infolist()
        if not member.is_dir() and '__MACOSX' not in member.filename
    ]
    for member in members:
        # The rules of Windows are the stricter ones.
        path = PureWindowsPath(member.filename)
        if path.anchor or '..' in path.parts:
            raise InputError(
                f'{archive}: holds a file named {member.filename!r}, which '
                'would leave the folder that it is unpacked to; get the '
                'archive again from where it is published'
            )
        if member.flag_bits & _ENCRYPTED:
            raise InputError(
                f'{archive}: is protected by a password; unpack it with '
                f'"7z x {archive.name}" or "unzip {archive.name}", which ask '
                'for the one that came with the release, and convert the '
                'unpacked folder'
            )
    size = sum(member.file_size for member in members)
    if size > max(_MOST_GROWTH * archive.stat().st_size, _SMALL):
        raise InputError(
            f'{archive}: would unpack to {size / 2**30:.1f} GiB, '
            f'{_MOST_GROWTH} times its size or more, as no pictures do; get '
            'it again from where it is published, or unpack it yourself'
        )
    return members


def _holds_folder(archive: Path, name: str) -> bool:
    with _opened(archive) as opened:
        return any(
            name in member.casefold().split('/')[:-1]
            for member in opened.namelist()
        )


@contextmanager
def _opened(archive: Path) -> Iterator[ZipFile]:
    """Opens an archive, whose every fault is one sentence."""
    try:
        with ZipFile(archive) as opened:
            yield opened
    except InputError:
        raise  # is a ValueError, too
    except (*_DAMAGE, OSError, NotImplementedError) as error:
        # An OSError of zipfile has no number, or is of a place that the
        # archive does not have; the others come from the disk.
        if getattr(error, 'errno', None) in (None, errno.EINVAL):
            raise InputError(
                f'{archive}: this archive is damaged or incomplete, or '
                f'compressed in a way that Python does not read ({error}); '
                f'download it again, or unpack it with "7z x {archive.name}"'
            ) from None
        raise InputError(
            f'{archive}: cannot be unpacked beside itself ({error.strerror}); '
            'make room, or unpack it elsewhere and give that folder'
        ) from error
