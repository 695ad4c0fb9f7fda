"""The folder that a set is written to, file by file."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

from ...errors import InputError
from ...expressions import EXPRESSIONS
from ...files import (
    csv_text,
    is_staged,
    remove_left_over,
    staged,
    write_atomically,
)
from ...inputs import parse_json, read_text
from ..splits import ANNOTATIONS, IMAGES, split_path, split_text
from ..voc_xml import (
    VOCAnnotation,
    is_as_sealed,
    read_voc_xml,
    write_voc_xml,
)
from .records import EncodedImage, ImageStream, LabelledImage, Remark, SetKind

# File systems keep times of files to within two seconds at worst (FAT).
_CLOCK = 2.0

_VOTES = 'votes.csv'


class Transfer(Enum):
    """How an image file gets from a release into a set."""

    SYMLINK = 'symbolic link'
    HARDLINK = 'hard link'
    COPY = 'copy'


class SetFolder:
    """A VOC folder under construction, which may be interrupted at any time.

    Whatever is there stays valid: each file appears whole or not at all, the
    split files come last, and what is there already is not written again. A
    symbolic link may be replaced, because it holds no data, and so may an
    annotation and a list that are as they were written; a file that is not is
    the user's, and stays.

    Args:
        root: The folder; new, empty, or of the same origin.
        stream: Says what the set is and where it comes from.
        transfer: How image files come into it.

    Raises:
        InputError: The folder holds something else.
    """

    def __init__(
        self, root: str | os.PathLike, stream: ImageStream, transfer: Transfer
    ) -> None:
        self.root = Path(root).absolute()
        self._stream = stream
        self._transfer = transfer
        found = read_manifest(self.root, stream.kind)
        if found is not None and not is_of(found, stream):
            origin = json.dumps(found.get('origin'), ensure_ascii=False)
            raise InputError(
                f'{self.root}: holds a set of another origin, {origin}, or of '
                'another version of this program; choose another folder'
            )
        # Digests of splits and votes; None until a manifest claims the folder.
        self._written: dict[str, str] | None = found and found['splits']

    def find(self, image: LabelledImage) -> Path | None:
        """The file of an image in the set, if it is there already."""
        target = self._image_path(image)
        if not target.is_symlink():
            return target if target.is_file() else None
        is_wanted = self._transfer is Transfer.SYMLINK and os.readlink(
            target
        ) == str(image.source)
        return target if is_wanted else None

    def kept(
        self, image_id: str, annotation: VOCAnnotation
    ) -> VOCAnnotation | None:
        """What stays in place of an annotation: the same, or a user's."""
        path = self._annotation_path(image_id)
        # None is there, or the file was broken by a crash of the machine.
        with suppress(InputError, OSError):
            found = read_voc_xml(path)
            if found == annotation or not is_as_sealed(path):
                return found
        return None

    def add(
        self, image: LabelledImage, annotation: VOCAnnotation | None
    ) -> list[Remark]:
        """Writes an image, where it is not there yet, and its annotation.

        Args:
            image: The image.
            annotation: None where one is kept.

        Returns:
            What there is to say about an image that was there before.

        Raises:
            InputError: The folder cannot be written.
        """
        remarks = []
        with self._writing():
            there = self.find(image)
            if there is None:
                self._place(image.source, self._image_path(image))
            elif not there.is_symlink() and _differs(there, image.source):
                remarks.append(Remark.KEPT_IMAGE)
            if annotation:
                path = self._annotation_path(image.image_id)
                write_voc_xml(path, annotation, sealed=True)
        return remarks

    def write_lists(
        self,
        splits: Mapping[str, Sequence[str]],
        votes: Mapping[str, Mapping[str, int]],
    ) -> None:
        """Writes the ids of each split; only then a set can be trained on.

        Where images have votes, by class, they come before.

        Raises:
            InputError: One of the files was changed by someone else, or the
                folder cannot be written.
        """
        lists = {
            split: (split_path(self.root, split), split_text(ids))
            for split, ids in splits.items()
        }
        if votes:
            file = (self.root / _VOTES, _votes_text(votes))
            lists = {_VOTES: file, **lists}
        with self._writing():
            digests = {
                name: self._write_list(name, path, text)
                for name, (path, text) in lists.items()
            }
            if digests != self._written:
                self._write_manifest(digests)
            for below in ('.', IMAGES, ANNOTATIONS):
                remove_left_over(self.root / below)

    def _write_list(self, name: str, path: Path, text: str) -> str:
        """Writes a list where it is new or still as written; its digest."""
        digest = _digest(text.encode())
        found = _digest(path.read_bytes()) if path.exists() else None
        if found not in (None, digest, self._written.get(name)):
            raise InputError(
                f'{path}: was changed since it was converted, and is left '
                'alone; rename it to have it written again'
            )
        if found != digest:
            write_atomically(path, text)
        return digest

    def _write_manifest(self, splits: dict[str, str]) -> None:
        write_manifest(self.root, self._stream, splits)
        self._written = splits

    def _image_path(self, image: LabelledImage) -> Path:
        # Not with_suffix: an id may hold dots.
        name = f'{image.image_id}{image.source.suffix}'
        return self.root / IMAGES / name

    def _annotation_path(self, image_id: str) -> Path:
        return self.root / ANNOTATIONS / f'{image_id}.xml'

    def _place(self, source: Path | EncodedImage, target: Path) -> None:
        if isinstance(source, EncodedImage):
            write_atomically(target, source.content)
            return
        with staged(target) as temporary:
            if self._transfer is Transfer.SYMLINK:
                os.symlink(source, temporary)
            elif self._transfer is Transfer.HARDLINK:
                os.link(os.path.realpath(source), temporary)
            else:
                _copy(source, temporary)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Claims the folder before the first file; tells what goes wrong."""
        try:
            if self._written is None:
                self._write_manifest({})
            yield
        except OSError as error:
            raise InputError(
                f'{self.root}: cannot write the set '
                f'({error.strerror or error}); {self._remedy(error)} and '
                'start again, what is there stays valid'
            ) from error

    def _remedy(self, error: OSError) -> str:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return 'make room'
        no_links = (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP)
        if self._transfer is not Transfer.COPY and error.errno in no_links:
            return 'have the images copied (--copy)'
        return 'choose another folder'


def _copy(source: Path, target: Path) -> None:
    status = os.stat(source)
    with open(source, 'rb') as file, open(target, 'xb') as copy:
        shutil.copyfileobj(file, copy)
    os.utime(target, (status.st_mtime, status.st_mtime))


def _differs(file: Path, source: Path | EncodedImage) -> bool:
    """Whether a file is not the copy of the image that it should be."""
    if isinstance(source, EncodedImage):
        return file.read_bytes() != source.content
    found, wanted = os.stat(file), os.stat(source)
    return (
        found.st_size != wanted.st_size
        or abs(found.st_mtime - wanted.st_mtime) > _CLOCK
    )


def read_manifest(root: Path, kind: SetKind) -> dict | None:
    """What a folder says about itself, so that no two sets mix in one.

    Returns:
        The manifest: content, version, origin, and for each split that is
        finished the digest of its file. None for a new or an empty folder.

    Raises:
        InputError: The folder holds something else, or is a file.
    """
    try:
        if not root.exists() or all(
            is_staged(path.name) for path in root.iterdir()
        ):
            return None
        found = parse_json(read_text(root / kind.manifest, ''))
        if found['content'] == kind.content:
            return found
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise InputError(
        f'{root}: holds something other than a set of the kind '
        f'"{kind.content}", which is left alone; choose another folder'
    )


def write_manifest(
    root: Path, stream: ImageStream, splits: Mapping[str, str]
) -> None:
    """Writes what `read_manifest` reads."""
    text = json.dumps(_manifest(stream, splits), indent=2, ensure_ascii=False)
    write_atomically(root / stream.kind.manifest, text + '\n')


def is_of(found: dict, stream: ImageStream) -> bool:
    """Whether a manifest that was found is that of a set, finished or not."""
    wanted = _manifest(stream, found.get('splits'))
    return found == json.loads(json.dumps(wanted))


def _manifest(stream: ImageStream, splits: Mapping[str, str] | None) -> dict:
    return {
        'content': stream.kind.content,
        'version': stream.kind.version,
        'origin': {**stream.origin, **_class_origin(stream.classes)},
        'splits': splits,
    }


def _class_origin(classes: tuple[str, ...]) -> dict[str, list[str]]:
    # Sets of before there was a choice do not name their classes.
    return {} if classes == EXPRESSIONS else {'classes': list(classes)}


def _votes_text(votes: Mapping[str, Mapping[str, int]]) -> str:
    """A table with a row an image; the first row's classes are the columns."""
    classes = list(next(iter(votes.values())))
    rows = (
        [image_id, *(row[name] for name in classes)]
        for image_id, row in votes.items()
    )
    return csv_text([['id', *classes], *rows])


def _digest(content: bytes) -> str:
    """By which a list that was changed since is known."""
    return hashlib.sha256(content).hexdigest()
